// tests/check/cases: one change a rule that must make it fire, and one that must not, against tests/check/healthy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <set>

#include "base/config.h"
#include "base/file.h"
#include "foresee/workbench.h"

namespace capstan::foresee {
namespace {

const std::filesystem::path kHere = std::filesystem::path(CAPSTAN_SOURCE_DIR) / "tests/check";
const CheckOptions kPatch{.cluster = "check", .space = "shop", .documents_are_patches = true};

struct Case {
  std::string name;
  std::string rule;
  std::string change;
  std::string silent;
  std::vector<std::string> expect;
  std::set<std::string> also;
};

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  std::vector<std::filesystem::path> files = list_files(kHere / "cases", ".yaml").value();
  std::ranges::sort(files);
  for (const std::filesystem::path& file : files) {
    const std::vector<ConfigNode> documents = parse_yaml(read_file(file).value(), file.string()).value();
    for (const ConfigNode& document : documents) {
      MapReader reader(document, "a case");
      Case one;
      one.name = reader.required_string("case");
      one.rule = reader.required_string("rule");
      one.change = reader.required_string("change");
      one.silent = reader.string_or("silent", "");
      one.expect = reader.strings("expect");
      for (const std::string& rule : reader.strings("also")) one.also.insert(rule);
      if (const Status read = reader.finish(); !read) ADD_FAILURE() << read.error().to_string();
      cases.push_back(std::move(one));
    }
  }
  return cases;
}

class CheckCases : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    bench_ = new Workbench(open_workbench({std::filesystem::path(CAPSTAN_SOURCE_DIR) / "packs"}).value());
    for (const Error& problem : bench_->problems) ADD_FAILURE() << problem.to_string();
    const ObjectDocuments healthy = read_objects(kHere / "healthy");
    for (const Error& problem : healthy.problems) ADD_FAILURE() << problem.to_string();
    for (const Error& problem : bench_->checker->assume(healthy.documents, kPatch)) {
      ADD_FAILURE() << problem.to_string();
    }
  }
  static void TearDownTestSuite() { delete std::exchange(bench_, nullptr); }

  static CheckReport check(const std::string& change, const std::string& name, const CheckOptions& options = kPatch) {
    const ObjectDocuments documents = read_objects(change, name);
    for (const Error& problem : documents.problems) ADD_FAILURE() << name << ": " << problem.to_string();
    CheckReport report = bench_->checker->check(documents.documents, options);
    for (const Error& problem : report.problems) ADD_FAILURE() << name << ": " << problem.to_string();
    return report;
  }

  static std::set<std::string> ids(const std::vector<Finding>& findings) {
    std::set<std::string> all;
    for (const Finding& finding : findings) all.insert(finding.rule + " " + finding.resource + " " + finding.id);
    return all;
  }

  static Workbench* bench_;
};
Workbench* CheckCases::bench_ = nullptr;

TEST_F(CheckCases, AHealthyClusterHasNoFindingThatMatters) {
  for (const Finding& finding : bench_->rules->holding()) {
    EXPECT_LT(finding.severity, Severity::kMedium) << finding.rule << " " << finding.resource << ": " << finding.says;
  }
}

TEST_F(CheckCases, EveryRuleFiresWhereItShouldAndNowhereElse) {
  const std::string before = bench_->picture->content_hash().value();
  for (const Case& one : read_cases()) {
    std::set<std::string> fired;
    for (const Finding& finding : check(one.change, one.name).broken) {
      for (const Language language : {Language::kEnglish, Language::kKorean}) {
        for (const Words& words : {finding.says, finding.remedy}) {
          EXPECT_THAT(say(words, language), testing::Not(testing::HasSubstr("<no column"))) << one.name;
        }
      }
      if (finding.rule == one.rule) {
        fired.insert(finding.resource);
      } else if (!one.also.contains(finding.rule)) {
        EXPECT_LT(finding.severity, Severity::kHigh)
            << one.name << ": " << finding.rule << " " << finding.resource << ": " << finding.says;
      }
    }
    EXPECT_EQ(fired, std::set<std::string>(one.expect.begin(), one.expect.end())) << one.name;
    if (one.silent.empty()) continue;
    for (const Finding& finding : check(one.silent, one.name + " (silent)").broken) {
      EXPECT_NE(finding.rule, one.rule) << one.name << " (silent): " << finding.resource << ": " << finding.says;
    }
  }
  EXPECT_EQ(bench_->picture->content_hash().value(), before);
}

// What is asked only of those whom a change can affect gives the same as asking all of all.
TEST_F(CheckCases, AskingOnlyWhatAChangeCanAffectMissesNothing) {
  CheckOptions everything = kPatch;
  everything.ask_everything = true;
  for (const Case& one : read_cases()) {
    const CheckReport quick = check(one.change, one.name, kPatch);
    const CheckReport slow = check(one.change, one.name, everything);
    EXPECT_EQ(ids(quick.broken), ids(slow.broken)) << one.name;
    EXPECT_EQ(ids(quick.mended), ids(slow.mended)) << one.name;
  }
}

// The same for every object of the healthy cluster, taken away and stripped of its labels.
TEST_F(CheckCases, AskingOnlyWhatAnyObjectCanAffectMissesNothing) {
  CheckOptions everything = kPatch;
  everything.ask_everything = true;
  for (const ObjectDocument& document : read_objects(kHere / "healthy").documents) {
    Json stripped = document.object;
    JsonPath::parse("metadata.labels").value().remove(stripped);
    Json gone = document.object;
    gone.set("$patch", "delete");
    for (const Json& object : {stripped, gone}) {
      const std::vector<ObjectDocument> change = {{object, document.where}};
      CheckOptions whole = kPatch;
      whole.documents_are_patches = false;
      CheckOptions slow = everything;
      slow.documents_are_patches = false;
      const std::string name = object.dump().substr(0, 200);
      EXPECT_EQ(ids(bench_->checker->check(change, whole).broken), ids(bench_->checker->check(change, slow).broken))
          << name;
      EXPECT_EQ(ids(bench_->checker->check(change, whole).mended), ids(bench_->checker->check(change, slow).mended))
          << name;
    }
  }
}

// The places of an object that hold a single value, but for those that name it.
void find_values(Json& value, std::string_view key, std::vector<Json*>& found) {
  if (key == "kind" || key == "apiVersion" || key == "namespace" || key == "name") return;
  if (value.is_object()) {
    for (auto& [name, member] : value.mutable_members()) find_values(member, name, found);
  } else if (value.is_array()) {
    for (Json& item : value.mutable_items()) find_values(item, "", found);
  } else {
    found.push_back(&value);
  }
}

Json other_than(const Json& value) {
  if (value.is_number()) return value.number_or(0) + 1;
  if (value.is_bool()) return !value.bool_or(false);
  return value.string_or_empty() + "-x";
}

// The same with one value of it changed, for some values of each.
TEST_F(CheckCases, AskingOnlyWhatAnyValueCanAffectMissesNothing) {
  constexpr size_t kValues = 6;
  std::mt19937 random(7);
  CheckOptions quick = kPatch;
  quick.documents_are_patches = false;
  CheckOptions slow = quick;
  slow.ask_everything = true;
  size_t fired = 0;
  for (const ObjectDocument& document : read_objects(kHere / "healthy").documents) {
    for (size_t i = 0; i < kValues; ++i) {
      Json changed = document.object;
      std::vector<Json*> values;
      find_values(changed, "", values);
      if (values.empty()) break;
      Json& value = *values[random() % values.size()];
      value = other_than(value);
      const std::vector<ObjectDocument> change = {{changed, document.where}};
      const CheckReport some = bench_->checker->check(change, quick);
      const CheckReport all = bench_->checker->check(change, slow);
      EXPECT_EQ(ids(some.broken), ids(all.broken)) << changed.dump();
      EXPECT_EQ(ids(some.mended), ids(all.mended)) << changed.dump();
      fired += all.broken.empty() ? 0 : 1;
    }
  }
  EXPECT_GT(fired, 30u);
}

// Where a number depends on other objects, the remedy names the one that would do.
TEST_F(CheckCases, RulesAboutAmountsSayWhichAmountWouldFit) {
  const auto remedy = [](const std::string& rule) {
    for (const Case& one : read_cases()) {
      if (one.rule != rule) continue;
      for (const Finding& finding : check(one.change, one.name).broken) {
        if (finding.rule == rule) return finding.remedy.text;
      }
    }
    return std::string();
  };
  EXPECT_THAT(remedy("KubeWorkloadAboveQuota"), testing::StartsWith("Make at most 50 pods"));
  EXPECT_THAT(remedy("KubeAutoscalerAboveQuota"), testing::StartsWith("Lower the maximum to at most 20"));
  EXPECT_THAT(remedy("KubePodAboveQuota"), testing::StartsWith("Ask for at most 24Gi"));
  EXPECT_THAT(remedy("KubeRequestAboveLimitRange"), testing::StartsWith("Ask for at most 3,"));
  EXPECT_THAT(remedy("KubeRequestBelowLimitRange"), testing::StartsWith("Ask for at least 10m"));
  EXPECT_THAT(remedy("KubeRequestAboveLimit"), testing::HasSubstr("to at most"));
  EXPECT_THAT(remedy("KubeApiVersionRemoved"), testing::StartsWith("Write apiVersion: batch/v1;"));
  EXPECT_EQ(remedy("KubeServiceValueInvalid"), "Write port: 65535.");
  EXPECT_EQ(remedy("KubeQuotaValueInvalid"), "Write requests.memory: 10G.");
}

}  // namespace
}  // namespace capstan::foresee
