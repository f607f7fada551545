// The append-only record: every fact with its cause, durable before anything outside sees its effect, chained by hashes
// so that a changed past shows (but for what docs/tour.md names: a cut end, a chain computed anew). Everything else
// that Capstan knows is a projection of it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "ledger/kept_fact.h"
#include "model/fact.h"
#include "model/fact_sink.h"

namespace capstan::ledger {

struct LedgerOptions {
  size_t body_limit = 64 << 10;         // Bytes of one body as text.
  size_t batch_limit = 100'000;         // Facts of one append.
  int64_t max_bytes = 0;                // The file's largest size; 0: what the disk has.
  int64_t cache_bytes = 64 << 20;       // Page cache of the writer.
  int64_t checkpoint_bytes = 32 << 20;  // The write-ahead log is copied into the file when it is longer.
  size_t readers = 8;                   // Connections kept for readers; more may read, but pay for opening.
  Authority* authority = nullptr;       // Outlives the ledger: has every fact before it counts.
  bool copies = false;                  // Whoever opens it knows that it is the copy of a shared ledger, if it is one.
};

// What `verify` found.
struct Verification {
  struct Break {
    Seq seq = 0;         // The first fact that is not what was written.
    std::string reason;  // "the body is not what was written down"
  };
  Seq first = 0;  // The first fact that is there; 0 when there is none.
  Seq last = 0;
  uint64_t redacted = 0;
  std::optional<Break> broken;  // Nothing: the whole chain holds.
};

// One thread calls the functions that write (the loop); any thread may call those that read, at any time, and sees
// what was acknowledged before. Errors: kResourceExhausted for a full disk or a limit (nothing of that batch was
// written; appending works again once there is room, but a leader has lost its lead), kUnavailable for an I/O error
// (after which only reading works until the ledger is opened anew, because it is not known what the disk holds),
// kCorrupt.
class Ledger final : public FactSink {
 public:
  // Opens or creates the file. What a crash left half done is finished or dropped; nothing acknowledged is lost.
  // kFailedPrecondition for the copy of a shared ledger, unless the options say that this is known: facts of its own
  // would part it from the others.
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& path, const LedgerOptions& options,
                                              const Clock& clock, Random& random);
  ~Ledger() override;

  // Writes all facts or none, in one commit; they are durable when it returns. kInvalidArgument, before anything is
  // written, for a cause that is not an earlier fact, a body that is no object, an empty kind; a batch may refer to
  // its own earlier facts by `next_seq()` and up.
  Result<std::vector<Seq>> append(std::span<const NewFact> facts) override;
  Result<Seq> append_one(const NewFact& fact);
  // The number that the next fact will get.
  Seq next_seq() const { return last_seq() + 1; }

  // Deletes the body of a fact, and writes down (as its own fact, "ledger.redacted") that, why and by whom. The chain
  // still proves all other facts. The bytes are overwritten in the file and in its log, not only unlinked; while a
  // reader still sees the old state, the log keeps them until a later checkpoint.
  Result<Seq> redact(Seq seq, std::string_view reason, std::string_view actor);

  // Takes facts that another node wrote, as they are: they must follow the newest one here (kFailedPrecondition) and
  // the chain must hold (kCorrupt); all or none. What they say was redacted is redacted here, too. Asks no authority.
  Status copy(std::span<const KeptFact> facts);
  // Marks the file as the copy of a shared ledger, for good.
  Status mark_as_copy();
  // Whether facts can be written here at this moment: writes as much as some facts take, and takes it away again.
  Status try_writing();

  // Does what waits for an idle moment: a look-up segment that is full, and a checkpoint. The loop calls it after each
  // batch and says whether more waits: then only what grows too large is done. Cheap when there is nothing to do.
  Status maintain(bool is_busy);

  Seq last_seq() const;
  // On the thread that writes.
  Head head() const;
  // kNotFound where there is no such fact.
  Result<Fact> get(Seq seq) const;
  // The facts from `seq` on, rising.
  Result<std::vector<Fact>> read_from(Seq seq, size_t limit) const;
  // The same, as they are kept, and at most about `bytes` of them (but one at least where there is one).
  Result<std::vector<KeptFact>> read_kept(Seq seq, size_t limit, size_t bytes) const;
  // The newest facts about a subject, newest first: with a number below `before` where one is given, and of `kind`
  // where one is given; "action." stands for all kinds that begin with it.
  Result<std::vector<Fact>> by_subject(std::string_view subject, size_t limit, Seq before = 0,
                                       std::string_view kind = "") const;
  // The facts that name `seq` as their cause, rising.
  Result<std::vector<Fact>> by_cause(Seq seq, size_t limit = 1000) const;
  // The newest facts of a kind with `at` not before `since`, newest first; `before` as above.
  Result<std::vector<Fact>> by_kind(std::string_view kind, Time since, size_t limit, Seq before = 0) const;
  // The fact, its cause, the cause's cause, … up to the root.
  Result<std::vector<Fact>> cause_chain(Seq seq) const;

  // Recomputes the whole chain and every body that is still there. Reads the whole file.
  Result<Verification> verify() const;

  const std::filesystem::path& path() const;

  // The body of an SQL view over an attached ledger, for the catalog's SQL: columns seq, at (text), kind, subject,
  // cause, actor, body, redacted. `schema` is the name it is attached under.
  static std::string view_sql(std::string_view schema);

 private:
  class State;
  explicit Ledger(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace capstan::ledger
