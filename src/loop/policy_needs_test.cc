#include "loop/policy_needs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/pack_kinds.h"
#include "decide/policy_reader.h"

namespace capstan::loop {
namespace {

using testing::ElementsAre;

constexpr char kKinds[] = R"(
kind: vm
columns: { state: {}, cpus: { type: integer }, owner: {}, load: { type: real, volatile: true } }
---
kind: account
columns: { tier: {} }
---
kind: vm_disk
part_of: { vm: ["disks[*]"] }
columns: { size: { type: integer } }
)";

class PolicyNeedsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const Error& problem : loaded_.problems) FAIL() << problem.to_string();
  }
  // Of a policy with this `select`, which keeps its resources running.
  PolicyNeeds of(const std::string& select, const std::string& more = "") {
    return needs_of(read("policy: p\nselect: " + select + "\nkeep: { state: running, by: vm.start }\n" + more), kinds_);
  }
  PolicyNeeds where(const std::string& condition) { return of("{ kind: vm, where: \"" + condition + "\" }"); }

  decide::Policy read(const std::string& text) {
    VerbSpec start;
    start.name = "vm.start";
    start.target_kinds = {"vm", "account"};
    start.undoable = true;
    const auto documents = parse_yaml(text, "policies.yaml");
    EXPECT_TRUE(documents) << documents.error().to_string();
    decide::ReadPolicies read =
        decide::read_policies(*documents, {.verbs = {&start}, .kinds = {"vm", "account", "vm_disk"}});
    for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string() << "\n" << text;
    return read.policies.empty() ? decide::Policy() : std::move(read.policies.front());
  }

  catalog::LoadedKinds loaded_ = catalog::read_kinds(kKinds, "kinds.yaml");
  const std::vector<KindSpec>& kinds_ = loaded_.kinds;
};

TEST_F(PolicyNeedsTest, OfAConditionOverItsOwnKindAreItsResourcesOneByOne) {
  const PolicyNeeds needs = where("cpus >= 4 AND lower(owner) IN ('ann', 'now') AND NOT (state = 'a' OR cpus IS NULL)");
  EXPECT_TRUE(needs.one_by_one);
  EXPECT_FALSE(needs.anything);
  EXPECT_FALSE(needs.every_fact || needs.all_resources || needs.relations || needs.findings || needs.actions);
  EXPECT_THAT(needs.kinds, ElementsAre("vm"));
}

TEST_F(PolicyNeedsTest, WhatTheTimeDecidesCanChangeWithoutAFact) {
  EXPECT_TRUE(where("owner < now").anything);
  EXPECT_TRUE(where("owner < time_add(NOW, '-1h')").anything);
  EXPECT_TRUE(of("SELECT id FROM vm_at('now-15m')").anything);
  EXPECT_TRUE(of("{ kind: vm, all: true }", "never: { where: \"owner < now\" }\n").anything);
  EXPECT_TRUE(of("{ kind: vm, all: true }", "during: { of: \"iif(owner < now, 'daily', '')\" }\n").anything);
  EXPECT_TRUE(of("{ kind: vm, all: true }", "except: { of: \"iif(owner < now, 'kr', '')\" }\n").anything);
}

TEST_F(PolicyNeedsTest, SignalsColumnsWithoutHistoryAndBudgetsCanChangeWithoutAFact) {
  EXPECT_TRUE(where("id IN (SELECT resource FROM promql('up == 0'))").anything);
  EXPECT_TRUE(where("id IN (SELECT resource FROM whatever_comes('x'))").anything);
  EXPECT_TRUE(where("load > 2").anything);
  EXPECT_TRUE(where("\\\"load\\\" > 2").anything);
  EXPECT_TRUE(of("{ kind: vm, all: true }", "limits: { budget: { per_hour: 2 USD } }\n").anything);
}

TEST_F(PolicyNeedsTest, WhatIsForgottenOrNotNamedCanChangeWithoutAFact) {
  EXPECT_TRUE(where("id IN (SELECT id FROM resource_history)").anything);
  EXPECT_TRUE(where("id IN (SELECT subject FROM fact)").anything);
  EXPECT_TRUE(where("EXISTS (SELECT * FROM account)").anything);
  EXPECT_TRUE(where("EXISTS (SELECT 1 FROM account NATURAL JOIN vm)").anything);
  EXPECT_TRUE(where("(id, name) IN account").anything);
  EXPECT_FALSE(where("(SELECT count(*) FROM account) > 2").anything);
}

TEST_F(PolicyNeedsTest, NameWhatTheyAskIn) {
  EXPECT_THAT(where("owner IN (SELECT name FROM account)").kinds, ElementsAre("account", "vm"));
  EXPECT_FALSE(where("owner IN (SELECT name FROM account)").one_by_one);
  EXPECT_THAT(of("{ kind: account, where: \"name IN (SELECT owner FROM vm_disk)\" }").kinds,
              ElementsAre("account", "vm", "vm_disk"))
      << "a part changes with what it is a part of";
  EXPECT_TRUE(where("id IN (SELECT source FROM relation)").relations);
  EXPECT_TRUE(where("id IN (SELECT source FROM 'relation')").relations) << "SQLite takes a text for a name";
  EXPECT_TRUE(where("id IN (SELECT resource FROM finding)").findings);
  EXPECT_TRUE(where("id IN (SELECT resource FROM label)").all_resources);
  EXPECT_TRUE(where("id IN (SELECT target FROM action)").every_fact);
  EXPECT_TRUE(of("SELECT id FROM vm").all_resources);
}

TEST_F(PolicyNeedsTest, FollowFromWhatAPolicyDoes) {
  const std::string alert = "policy: p\nwhen: { alert: Hot }\ndo: vm.start\n";
  EXPECT_TRUE(needs_of(read(alert), kinds_).findings);
  EXPECT_TRUE(needs_of(read(alert), kinds_).all_resources) << "it points anywhere";
  EXPECT_FALSE(needs_of(read(alert), kinds_).one_by_one);
  const std::string cron = "policy: p\nwhen: { cron: \"0 6 * * *\", zone: UTC }\nselect: { kind: vm, all: true }\n";
  EXPECT_TRUE(needs_of(read(cron + "do: vm.start\n"), kinds_).one_by_one);
  EXPECT_FALSE(needs_of(read(cron + "do: [vm.start, { verb: vm.start, after: P2D }]\n"), kinds_).one_by_one);
  const PolicyNeeds standing = of("{ kind: vm, all: true }", "approve: standing\n");
  EXPECT_TRUE(standing.approvals && standing.relations);
  const std::string list =
      "policy: p\nselect: { kind: vm, all: true }\nkeep: [{ is: big, so: \"cpus > 2\", by: vm.start }]\n";
  EXPECT_TRUE(needs_of(read(list), kinds_).actions) << "what was just done is let settle";
}

}  // namespace
}  // namespace capstan::loop
