#include "ledger/shared_writer.h"

#include <fmt/format.h>

#include "base/log.h"

namespace capstan::ledger {

Status SharedWriter::take(const Head& before, std::span<const KeptFact> facts) {
  if (facts.empty()) return {};
  const Head after{facts.back().seq, facts.back().chain};
  bool told = false;
  for (; lease_.held(); rest_()) {
    const Result<bool> appended = store_.append(lease_.tenure(), before, facts);
    if (appended && *appended) return {};
    if (!appended && appended.error().code == ErrorCode::kResourceExhausted) return fail(appended.error());
    const Result<Fate> found = fate(before, after);
    if (found && *found == Fate::kWritten) return {};
    if (found && *found == Fate::kRefused) {
      return give_up("the shared ledger takes no fact of this node: another one leads, or its newest fact is another");
    }
    // A refusal with nothing else changed: the lease had run out there.
    if (appended && found) return give_up("the lease had run out when a fact was to be written");
    if (!told) {
      const Error& why = appended ? found.error() : appended.error();
      log::warning("ledger", "the shared ledger takes no facts now, trying again: " + why.message);
      told = true;
    }
  }
  return give_up("the shared ledger could not be written in time");
}

void SharedWriter::forsake(std::string_view why) {
  lease_.lose(fmt::format("this node's copy of the ledger takes no more facts: {}", why));
}

Result<SharedWriter::Fate> SharedWriter::fate(const Head& before, const Head& after) {
  const Standing now = TRY(store_.standing());
  // The salts make every link one of its kind: nobody else has written the same.
  if (now.head == after) return Fate::kWritten;
  const bool is_ours = now.epoch == lease_.tenure().epoch && now.holder == lease_.tenure().holder;
  return is_ours && now.head == before ? Fate::kNotWritten : Fate::kRefused;
}

Status SharedWriter::give_up(std::string reason) {
  lease_.lose(std::move(reason));
  return fail(ErrorCode::kUnavailable, fmt::format("this node does not lead any more: {}", lease_.loss()));
}

}  // namespace capstan::ledger
