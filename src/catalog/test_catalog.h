// A catalog in a directory of its own, with a ledger in memory, for tests.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "catalog/catalog.h"
#include "catalog/pack_kinds.h"

namespace capstan::catalog {

// The value, or a failed test that says the error.
template <class T>
T must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().to_string();
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

inline constexpr std::string_view kTestKinds = R"(
kind: host
columns: { cores: { type: integer } }
---
kind: host_process
title: Process
columns:
  pid: { type: integer }
  user: { type: text }
  started: { type: time }
  memory_bytes: { type: integer, volatile: true }
  environment: { type: json }
)";

inline Time at_second(int64_t second) { return from_unix_ms(1'767'225'600'000 + second * 1000); }  // From 2026-01-01.

class CatalogFixture : public testing::Test {
 protected:
  CatalogFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-catalog-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    open();
  }
  ~CatalogFixture() override {
    catalog_.reset();
    std::filesystem::remove_all(directory_);
  }

  void open(std::string_view kinds = kTestKinds) {
    catalog_.reset();
    LoadedKinds loaded = read_kinds(kinds, "kinds.yaml");
    ASSERT_TRUE(loaded.problems.empty()) << loaded.problems.front().to_string();
    catalog_ = must(Catalog::open(file(), std::move(loaded.kinds)));
  }
  Catalog& catalog() { return *catalog_; }
  std::filesystem::path file() const { return directory_ / "catalog.db"; }
  const std::filesystem::path& directory() const { return directory_; }
  const std::vector<Fact>& ledger() const { return ledger_; }

  // Writes facts down and applies them, as the loop does.
  void write(std::vector<NewFact> facts) {
    const size_t before = ledger_.size();
    for (NewFact& fact : facts) {
      ledger_.push_back({.seq = ledger_.size() + 1,
                         .at = fact.at,
                         .kind = fact.kind,
                         .subject = fact.subject,
                         .body = fact.body,
                         .cause = fact.cause,
                         .actor = fact.actor});
    }
    must(catalog().apply(std::span(ledger_).subspan(before)));
  }
  void write(std::string_view kind, std::string subject, Json body, int64_t second = 0) {
    write(std::vector<NewFact>{{.at = at_second(second),
                                .kind = std::string(kind),
                                .subject = std::move(subject),
                                .body = std::move(body),
                                .cause = 0,
                                .actor = "test"}});
  }
  // One look; returns its facts.
  std::vector<NewFact> look(const Observation& observation) {
    Difference difference = catalog().diff(observation);
    for (const Error& problem : difference.problems) ADD_FAILURE() << problem.message;
    write(difference.facts);
    must(catalog().update_volatile(observation.resources));
    return difference.facts;
  }

  static Resource process(int pid, std::string name, std::string user = "eve", int64_t memory = 100) {
    return {.id = "host_process/" + std::to_string(pid),
            .kind = "host_process",
            .name = std::move(name),
            .labels = {{"team", "a"}},
            .fields = Json::object({{"pid", pid}, {"user", user}, {"memory_bytes", memory}})};
  }
  static Observation processes(int64_t second, std::vector<Resource> resources, std::vector<Relation> relations = {}) {
    return {.scope = "host:web1",
            .at = at_second(second),
            .resources = std::move(resources),
            .relations = std::move(relations),
            .complete_kinds = {"host_process"},
            .departures = {}};
  }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<Catalog> catalog_;
  std::vector<Fact> ledger_;
};

}  // namespace capstan::catalog
