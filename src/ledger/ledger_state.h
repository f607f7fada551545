// What an open ledger holds. For ledger.cc, which opens, reads and tidies it, and ledger_write.cc, which writes.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/chain.h"
#include "ledger/fact_reader.h"
#include "ledger/ledger.h"
#include "ledger/lookup_index.h"
#include "ledger/name_table.h"
#include "ledger/schema.h"

namespace capstan::ledger {

class Ledger::State {
 public:
  static Result<std::unique_ptr<State>> open(const std::filesystem::path& path, const LedgerOptions& options,
                                             const Clock& clock, Random& random);

  Result<std::vector<Seq>> append(std::span<const NewFact> facts);
  Result<Seq> redact(Seq seq, std::string_view reason, std::string_view actor);
  Status copy(std::span<const KeptFact> facts);
  Status mark_as_copy();
  Status try_writing();
  Status maintain(bool is_busy);
  Seq last_seq() const { return last_seq_.load(std::memory_order_acquire); }
  Head head() const { return {last_seq(), chain_}; }
  const std::filesystem::path& path() const { return database_.path(); }

  // Runs `read` with a connection of the pool.
  template <class F>
  auto with_reader(F&& read) const -> decltype(read(std::declval<FactReader&>())) {
    std::unique_ptr<FactReader> reader = TRY(borrow());
    auto result = read(*reader);
    give_back(std::move(reader));
    return result;
  }

 private:
  // A batch as it goes into the tables.
  struct Prepared {
    std::vector<std::string> bodies;
    std::string salts;
    std::vector<IndexedFact> index;
    Sha256 chain;
    std::vector<KeptFact> kept;  // For the authority, where there is one.
  };
  // One row of `fact` and, unless it was redacted, one of `body`.
  struct Row {
    Link link;
    Sha256 body_hash;
    Sha256 chain;
    std::string_view salt;
    std::optional<std::string_view> body;
  };

  State(sqlite::Database database, const LedgerOptions& options, const Clock& clock, Random& random)
      : database_(std::move(database)), options_(options), clock_(clock), random_(random) {}
  Status load();
  Status load_tail(Seq sealed);
  Result<Prepared> prepare(std::span<const NewFact> facts);
  Status write(std::span<const NewFact> facts, Prepared& batch);
  Status copy_in(std::span<const KeptFact> facts, Prepared& batch);
  Result<IndexedFact> insert(const Row& row);
  Status ask_authority(const Prepared& batch);
  void take_no_more(const Error& why);
  // What a leader's file cannot take another node's can.
  void lead_no_more(const Error& why);
  Result<int64_t> erase_body(Seq seq);
  void accept(const Prepared& batch);
  Status commit(sqlite::Transaction& transaction);
  Status seal_full_segments();
  void empty_log();
  void checkpoint_when_long();
  Result<std::vector<Seq>> append_in(sqlite::Transaction& transaction, std::span<const NewFact> facts);
  Result<std::unique_ptr<FactReader>> borrow() const;
  void give_back(std::unique_ptr<FactReader> reader) const;

  sqlite::Database database_;
  const LedgerOptions options_;
  const Clock& clock_;
  Random& random_;
  std::optional<NameTable> names_;
  std::optional<sqlite::Statement> insert_fact_;
  std::optional<sqlite::Statement> insert_body_;
  ChainHasher hasher_;
  Sha256 chain_ = kGenesis;
  std::atomic<Seq> last_seq_ = 0;
  bool failed_ = false;             // After an I/O error at a commit, or of the authority: what they hold is not known.
  bool checkpoint_failed_ = false;  // Told once.
  std::unique_ptr<TailIndex> tail_;
  mutable std::mutex readers_mutex_;
  mutable std::vector<std::unique_ptr<FactReader>> readers_;
};

}  // namespace capstan::ledger
