#include "loop/record_shelf.h"

#include <gmock/gmock.h>

#include "base/file.h"
#include "catalog/test_catalog.h"

namespace capstan::loop {
namespace {

using catalog::at_second;
using catalog::must;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view kForm = R"(
record_form: account
required: [mail]
removal: { at: removed_at, while: belongs_to }
)";
constexpr std::string_view kKinds = R"(
kind: account
columns: { mail: { type: text }, removed_at: { type: time } }
---
kind: cluster
)";
constexpr std::string_view kTwo = "records: account\nitems: [ { name: a, mail: a@b.kr }, { name: b, mail: b@b.kr } ]\n";
constexpr std::string_view kNone = "records: account\nitems: []\n";
constexpr int64_t kLater = 181;  // What is being made for a record is awaited for three minutes.

class RecordShelfTest : public catalog::CatalogFixture {
 protected:
  RecordShelfTest() {
    open(kKinds);
    config_ = directory() / "config";
    std::filesystem::create_directories(config_);
    put("form.yaml", kForm);
  }

  void put(const std::string& name, std::string_view text) { must(write_file_atomically(config_ / name, text)); }

  void see_cluster_of(const std::string& account) {
    look({.scope = "mcm",
          .at = at_second(0),
          .resources = {{.id = "cluster/c", .kind = "cluster", .name = "c"}},
          .relations = {{.source = "cluster/c", .kind = "belongs_to", .target = "account/" + account}},
          .complete_kinds = {"cluster"}});
  }
  void cluster_goes() {
    look({.scope = "mcm", .at = at_second(0), .resources = {}, .relations = {}, .complete_kinds = {"cluster"}});
  }

  std::vector<Error> load() {
    ConfigTree tree({}, config_);
    tree.refresh();
    return shelf_.load(tree, catalog().kinds());
  }
  void look_at_records(int64_t second) {
    const auto seen = must(shelf_.look(must(catalog().reader()), at_second(second)));
    if (seen) look(*seen);
  }
  void reload(int64_t second) {
    EXPECT_THAT(load(), IsEmpty());
    look_at_records(second);
  }

  // Each account with the time since when it is in no file.
  std::vector<std::string> known() {
    std::vector<std::string> all;
    for (const auto& each : must(must(catalog().reader()).resources("account"))) {
      const std::string_view removed = each.resource.fields["removed_at"].string_or_empty();
      all.push_back(each.resource.name + (removed.empty() ? "" : " removed at " + std::string(removed)));
    }
    return all;
  }

  RecordShelf shelf_;
  std::filesystem::path config_;
};

TEST_F(RecordShelfTest, WhatHasSomethingIsKnownUntilItHasNothing) {
  put("accounts.yaml", kTwo);
  reload(0);
  see_cluster_of("a");
  put("accounts.yaml", kNone);
  reload(10);
  EXPECT_THAT(known(),
              UnorderedElementsAre("a removed at 2026-01-01T00:00:10.000Z", "b removed at 2026-01-01T00:00:10.000Z"));
  look_at_records(10 + kLater);
  EXPECT_THAT(known(), UnorderedElementsAre("a removed at 2026-01-01T00:00:10.000Z"));
  cluster_goes();
  look_at_records(30 + kLater);
  EXPECT_THAT(known(), IsEmpty());
  EXPECT_FALSE(must(shelf_.look(must(catalog().reader()), at_second(100'000)))) << "nothing new to say";
}

TEST_F(RecordShelfTest, WhatIsPutBackIsAsBefore) {
  put("accounts.yaml", kTwo);
  reload(0);
  see_cluster_of("a");
  std::filesystem::remove(config_ / "accounts.yaml");
  reload(10);
  look_at_records(10 + kLater);
  put("moved.yaml", kTwo);
  reload(20 + kLater);
  EXPECT_THAT(known(), UnorderedElementsAre("a", "b"));
}

TEST_F(RecordShelfTest, WhatWasTakenOutWhileNobodyLookedIsKeptToo) {
  put("accounts.yaml", kTwo);
  reload(0);
  see_cluster_of("b");
  shelf_ = RecordShelf();
  std::filesystem::remove(config_ / "accounts.yaml");
  reload(1'000);
  look_at_records(1'000 + kLater);
  EXPECT_THAT(known(), UnorderedElementsAre("b removed at 2026-01-01T00:16:40.000Z"));
}

TEST_F(RecordShelfTest, NothingIsTakenForRemovedWhileAFileHasAMistake) {
  put("accounts.yaml", kTwo);
  reload(0);
  shelf_ = RecordShelf();
  put("accounts.yaml", "records: account\nitems: [ { name: a } ]\n");
  EXPECT_THAT(load(), testing::SizeIs(1));
  look_at_records(10);
  look_at_records(10 + kLater);
  EXPECT_THAT(known(), UnorderedElementsAre("a", "b"));
}

}  // namespace
}  // namespace capstan::loop
