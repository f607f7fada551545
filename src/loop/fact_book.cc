#include "loop/fact_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace capstan::loop {
namespace {

constexpr size_t kCatchUpBatch = 5'000;

// What a script prints or a counterpart answers may repeat what it was sent.
bool says_the_outside(const NewFact& fact) {
  return fact.kind == fact_kind::kActionFinished || fact.kind == fact_kind::kMessageFailed;
}

void mask_texts(Json& value, const std::function<std::string(std::string_view)>& mask) {
  if (value.is_string()) {
    value = mask(value.string_or_empty());
  } else if (value.is_array()) {
    for (Json& item : value.mutable_items()) mask_texts(item, mask);
  } else if (value.is_object()) {
    for (auto& [name, member] : value.mutable_members()) mask_texts(member, mask);
  }
}

}  // namespace

std::string_view topic_of(std::string_view fact_kind) {
  struct Prefix {
    std::string_view prefix;
    std::string_view topic;
  };
  static constexpr Prefix kPrefixes[] = {
      {"incident.", "incidents"}, {"finding.", "findings"},   {"plan.", "plans"},      {"action.", "plans"},
      {"resource.", "resources"}, {"relation.", "resources"}, {"policy.", "policies"}, {"override.", "policies"},
      {"config.", "config"},      {"capstan.", "config"},
  };
  for (const Prefix& entry : kPrefixes) {
    if (fact_kind.starts_with(entry.prefix)) return entry.topic;
  }
  return "facts";
}

Status FactBook::catch_up() {
  if (catalog_.seq() > ledger_.last_seq()) {
    // The ledger was restored, replaced or cut. What it does not have did not happen.
    log::error("catalog", fmt::format("the catalog is at fact {}, but the ledger ends at {}: building the catalog anew",
                                      catalog_.seq(), ledger_.last_seq()));
    TRY(catalog_.start_anew());
  }
  while (catalog_.seq() < ledger_.last_seq()) {
    const std::vector<Fact> facts = TRY(ledger_.read_from(catalog_.seq() + 1, kCatchUpBatch));
    if (facts.empty()) return fail(ErrorCode::kCorrupt, "the ledger ends before its last fact");
    TRY(catalog_.apply(facts));
  }
  return {};
}

Result<std::vector<Seq>> FactBook::append(std::span<const NewFact> given) {
  if (given.empty()) return std::vector<Seq>();
  std::vector<NewFact> masked;
  if (mask_ && std::ranges::any_of(given, says_the_outside)) {
    masked.assign(given.begin(), given.end());
    for (NewFact& fact : masked) {
      if (says_the_outside(fact)) mask_texts(fact.body, mask_);
    }
  }
  const std::span<const NewFact> facts = masked.empty() ? given : std::span<const NewFact>(masked);
  std::vector<Seq> seqs = TRY(ledger_.append(facts));
  std::vector<Fact> written;
  written.reserve(facts.size());
  for (size_t i = 0; i < facts.size(); ++i) {
    const NewFact& fact = facts[i];
    written.push_back({seqs[i], fact.at, fact.kind, fact.subject, fact.body, fact.cause, fact.actor, false});
    changed_topics_.insert(topic_of(fact.kind));
  }
  changed_topics_.insert("facts");
  // The ledger has the facts whatever happens to its projection, which catches up later.
  const bool in_step = catalog_.seq() + 1 == seqs.front();
  const Status applied = in_step ? catalog_.apply(written) : catch_up();
  if (!applied) log::error("catalog", "cannot take facts now, will catch up: " + applied.error().to_string());
  for (const auto& observer : observers_) {
    for (const Fact& fact : written) observer(fact);
  }
  return seqs;
}

void FactBook::mask(Words& words) const {
  if (!mask_) return;
  Json said = words.to_json();
  mask_texts(said, mask_);
  words = Words::from_json(said);
}

void FactBook::mask(Json& value) const {
  if (mask_) mask_texts(value, mask_);
}

Result<Seq> FactBook::append_one(NewFact fact) {
  const std::vector<Seq> seqs = TRY(append(std::span(&fact, 1)));
  return seqs.front();
}

void FactBook::announce() {
  if (changed_topics_.empty()) return;
  const Seq last = ledger_.last_seq();
  listeners_->read([&](const Listeners& listeners) {
    for (const auto& [id, listener] : listeners.all) {
      for (std::string_view topic : changed_topics_) listener(topic, last);
    }
  });
  changed_topics_.clear();
}

std::shared_ptr<void> FactBook::subscribe(Listener listener) {
  const int id = listeners_->write([&](Listeners& listeners) {
    listeners.all[++listeners.next] = std::move(listener);
    return listeners.next;
  });
  // The handle may outlive the book: it keeps the list, not the book.
  return std::shared_ptr<void>(
      nullptr, [id, list = listeners_](void*) { list->write([&](Listeners& listeners) { listeners.all.erase(id); }); });
}

}  // namespace capstan::loop
