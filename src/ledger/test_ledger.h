// A ledger in a directory of its own, for tests.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "ledger/ledger.h"

namespace capstan::ledger {

// The value, or a failed test that says the error.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().to_string();
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class LedgerFixture : public testing::Test {
 protected:
  LedgerFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-ledger-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    open();
  }
  ~LedgerFixture() override {
    close();
    std::filesystem::remove_all(directory_);
  }

  void open(const LedgerOptions& options = {}) { ledger_ = must(Ledger::open(file(), options, clock_, random_)); }
  void close() { ledger_.reset(); }
  void reopen() {
    close();
    open();
  }
  Ledger& ledger() { return *ledger_; }
  const std::filesystem::path& directory() const { return directory_; }
  std::filesystem::path file() const { return directory_ / "ledger.db"; }
  const Clock& clock() const { return clock_; }
  Random& random() { return random_; }

  static NewFact make(std::string kind, std::string subject, Seq cause = 0, int64_t at_ms = 0) {
    return {.at = from_unix_ms(at_ms),
            .kind = std::move(kind),
            .subject = std::move(subject),
            .body = Json::object({{"n", at_ms}}),
            .cause = cause,
            .actor = "test"};
  }

  // Fact n is of kind "k", about "s/(n % subjects)", and caused by n / 2.
  void append_many(Seq count, Seq subjects) {
    std::vector<NewFact> batch;
    for (Seq i = 0; i < count; ++i) {
      const Seq seq = ledger().last_seq() + batch.size() + 1;
      batch.push_back(make("k", fmt::format("s/{}", seq % subjects), seq / 2, static_cast<int64_t>(seq)));
      if (batch.size() < 10'000 && i + 1 < count) continue;
      must(ledger().append(batch));
      batch.clear();
    }
  }

 private:
  std::filesystem::path directory_;
  VirtualClock clock_{from_unix_ms(1'000'000)};
  SeededRandom random_{1};
  std::unique_ptr<Ledger> ledger_;
};

}  // namespace capstan::ledger
