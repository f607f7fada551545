// tests/diagnose/cases.yaml: one break of the healthy shop each, what is diagnosed, and what must be the answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/config.h"
#include "base/file.h"
#include "diagnose/diagnoser.h"
#include "diagnose/subject.h"
#include "foresee/workbench.h"
#include "manual/manual_shelf.h"

namespace capstan::diagnose {
namespace {

const std::filesystem::path kRoot = CAPSTAN_SOURCE_DIR;
const foresee::CheckOptions kPatch{.cluster = "check", .space = "shop", .documents_are_patches = true};
const Time kNow = from_unix_ms(1'800'000'000'000);

struct Case {
  std::string name;
  std::string subject;
  std::string change;
  std::vector<Event> events;
  std::vector<LogTail> logs;
  std::string step;
  std::string says;
  std::string fix;
  std::string manual;
  std::vector<std::string> affects;
};

Case read_case(const ConfigNode& document) {
  MapReader reader(document, "a case");
  Case one;
  one.name = reader.required_string("case");
  one.subject = reader.required_string("diagnose");
  one.change = reader.string_or("change", "");
  one.step = reader.required_string("step");
  one.says = reader.required_string("says");
  one.fix = reader.string_or("fix", "");
  one.manual = reader.string_or("manual", "");
  one.affects = reader.strings("affects");
  if (const ConfigNode* events = reader.node("events")) {
    for (const ConfigNode& node : events->items) {
      MapReader of_event(node, "an event");
      one.events.push_back({.resource = of_event.required_string("on"),
                            .reason = of_event.required_string("reason"),
                            .message = of_event.required_string("message"),
                            .count = 3,
                            .last = kNow - Duration(60'000)});
      if (const Status read = of_event.finish(); !read) ADD_FAILURE() << read.error().to_string();
    }
  }
  if (const ConfigNode* logs = reader.node("logs")) {
    for (const ConfigNode& node : logs->items) {
      MapReader of_log(node, "a log");
      one.logs.push_back(
          {{of_log.required_string("of"), of_log.required_string("container"), true}, of_log.strings("lines")});
      if (const Status read = of_log.finish(); !read) ADD_FAILURE() << read.error().to_string();
    }
  }
  if (const Status read = reader.finish(); !read) ADD_FAILURE() << read.error().to_string();
  return one;
}

std::vector<Case> read_cases() {
  const std::filesystem::path file = kRoot / "tests/diagnose/cases.yaml";
  const std::vector<ConfigNode> documents = parse_yaml(read_file(file).value(), file.string()).value();
  std::vector<Case> cases;
  for (const ConfigNode& document : documents) cases.push_back(read_case(document));
  return cases;
}

class DiagnoseCases : public testing::Test {
 protected:
  void SetUp() override {
    bench_ = foresee::open_workbench({kRoot / "packs"}).value();
    for (const Error& problem : bench_.problems) ADD_FAILURE() << problem.to_string();
    std::vector<DiagnosisText> diagnosis;
    std::vector<manual::ManualText> manuals;
    for (const auto& pack : std::filesystem::directory_iterator(kRoot / "packs")) {
      if (const auto text = read_file(pack.path() / "diagnosis.yaml")) {
        diagnosis.push_back({(pack.path() / "diagnosis.yaml").string(), *text});
      }
      if (const auto text = read_file(pack.path() / "manual.yaml")) {
        manuals.push_back({(pack.path() / "manual.yaml").string(), *text});
      }
    }
    std::ranges::sort(diagnosis, {}, &DiagnosisText::path);
    ReadDiagnosis read = read_diagnosis(diagnosis, bench_.picture->kinds());
    for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
    for (const Error& problem : check_sql(read.book, bench_.picture->kinds())) ADD_FAILURE() << problem.to_string();
    book_ = std::move(read.book);
    for (const Error& problem : shelf_.load(manuals)) ADD_FAILURE() << problem.to_string();
    foresee::ObjectDocuments healthy = foresee::read_objects(kRoot / "tests/check/healthy");
    foresee::ObjectDocuments status = foresee::read_objects(kRoot / "tests/diagnose/status");
    std::ranges::move(status.documents, std::back_inserter(healthy.documents));
    std::ranges::move(status.problems, std::back_inserter(healthy.problems));
    for (const Error& problem : healthy.problems) ADD_FAILURE() << problem.to_string();
    for (const Error& problem : bench_.checker->assume(healthy.documents, kPatch)) ADD_FAILURE() << problem.to_string();
  }

  Report diagnose(const std::string& subject, const Testimony& testimony) {
    const ResourceId id = find_subject(*bench_.picture, {subject, "shop", ""}).value();
    Diagnoser diagnoser(*bench_.picture, *bench_.rules, shelf_, book_);
    return diagnoser.diagnose(scope_of(*bench_.picture, book_.walks, id).value(), testimony);
  }

  // With the change on trial.
  Report diagnose_with(const Case& one) {
    EXPECT_TRUE(bench_.picture->begin_trial());
    const foresee::ObjectDocuments documents = foresee::read_objects(one.change, one.name);
    for (const Error& problem : documents.problems) ADD_FAILURE() << one.name << ": " << problem.to_string();
    for (const Error& problem : bench_.checker->assume(documents.documents, kPatch)) {
      ADD_FAILURE() << one.name << ": " << problem.to_string();
    }
    Testimony testimony{.is_live = true, .now = kNow, .events = one.events, .logs = one.logs};
    Report report = diagnose(one.subject, testimony);
    EXPECT_TRUE(bench_.picture->end_trial());
    return report;
  }

  foresee::Workbench bench_;
  DiagnosisBook book_;
  manual::ManualShelf shelf_;
};

TEST_F(DiagnoseCases, EveryRuleOfAStepIsThere) {
  for (const Step& step : book_.steps) {
    for (const Check& check : step.checks) {
      if (check.rule.empty()) continue;
      EXPECT_FALSE(bench_.rules->kinds_of(check.rule).empty()) << step.name << ": " << check.rule;
    }
  }
}

TEST_F(DiagnoseCases, AllIsWellWithEverythingOfAHealthyShop) {
  for (const char* subject : {"deployment/web", "deploy/api", "pod/web-6f7-a", "service/web", "svc/api", "service/db",
                              "statefulset/db", "ingress/shop", "cronjob/report", "deployment/cache",
                              "virtualservice/shop", "gateway/shop", "hpa/api", "pvc/reports"}) {
    const Report report = diagnose(subject, {});
    EXPECT_EQ(report.verdict, Verdict::kOk) << to_text(report);
    EXPECT_GT(report.steps.size(), 1U) << to_text(report);
    EXPECT_THAT(report.problems, testing::IsEmpty()) << to_text(report);
  }
}

TEST_F(DiagnoseCases, TheFirstThingWrongIsTheAnswer) {
  const std::string before = bench_.picture->content_hash().value();
  const std::vector<Case> cases = read_cases();
  EXPECT_GE(cases.size(), 40U);
  std::set<std::string> steps;
  for (const Case& one : cases) {
    const Report report = diagnose_with(one);
    EXPECT_TRUE(report.answer) << one.name << "\n" << to_text(report);
    if (!report.answer) continue;
    const std::string text = to_text(report);
    const StepReport& step = report.steps[*report.answer];
    const Saying& saying = step.sayings.front();
    steps.insert(step.name);
    EXPECT_EQ(step.name, one.step) << one.name << "\n" << to_text(report);
    EXPECT_THAT(saying.says.text, testing::HasSubstr(one.says)) << one.name << "\n" << to_text(report);
    EXPECT_THAT(saying.fix, testing::HasSubstr(one.fix)) << one.name;
    if (!one.manual.empty()) {
      ASSERT_FALSE(saying.manual.empty()) << one.name << "\n" << to_text(report);
      EXPECT_THAT(name_of(saying.manual[0]) + ": " + saying.manual[0].means, testing::HasSubstr(one.manual))
          << one.name;
    }
    for (const std::string& id : one.affects) EXPECT_THAT(report.affects, testing::Contains(id)) << one.name;
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("<no column"))) << one.name;
    EXPECT_THAT(report.problems, testing::IsEmpty()) << one.name << "\n" << text;
    EXPECT_EQ(to_text(report_from_json(to_json(report))), text) << one.name;
  }
  EXPECT_EQ(bench_.picture->content_hash().value(), before);
  for (const Step& step : book_.steps) EXPECT_TRUE(steps.contains(step.name)) << "no case for the step " << step.name;
}

TEST_F(DiagnoseCases, AThingIsFoundByTheNamesThatKubectlKnows) {
  for (const char* name : {"po/web-6f7-a", "pods/web-6f7-a", "Pod/web-6f7-a", "k8s_pod/check/shop/web-6f7-a"}) {
    EXPECT_EQ(find_subject(*bench_.picture, {name, "", ""}).value(), "k8s_pod/check/shop/web-6f7-a") << name;
  }
  EXPECT_EQ(find_subject(*bench_.picture, {"deployment.apps/web", "shop", ""}).value(),
            "k8s_deployment/check/shop/web");
  EXPECT_EQ(find_subject(*bench_.picture, {"vs/api", "shop", ""}).value(), "istio_virtual_service/check/shop/api");
  EXPECT_THAT(find_subject(*bench_.picture, {"pot/web", "", ""}).error().message,
              testing::HasSubstr("did you mean 'pod'"));
  EXPECT_THAT(find_subject(*bench_.picture, {"pod/nobody", "shop", ""}).error().message,
              testing::HasSubstr("there is no pod/nobody"));
  EXPECT_THAT(find_subject(*bench_.picture, {"web", "shop", ""}).error().message,
              testing::HasSubstr("a kind and a name"));
}

}  // namespace
}  // namespace capstan::diagnose
