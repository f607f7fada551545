// What people read, in each language, as text and as Slack's blocks: every case beside golden/<case>.<language>.txt.
// After a wanted change: CAPSTAN_REGENERATE=1 build/release/tests/messages/message_cases_test, and review the
// difference.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "base/file.h"
#include "connect/slack/blocks.h"
#include "tell/compose.h"
#include "tell/console_channel.h"
#include "tell/digest.h"
#include "tell/plan_card.h"
#include "tell/wording.h"

namespace capstan {
namespace {

constexpr const char* kPage = "http://127.0.0.1:9280";

Incident ordinary_incident() {
  Incident incident;
  incident.id = "inc-12";
  incident.severity = Severity::kHigh;
  incident.title = Words::in_both("CPU of web1 is saturated", "web1: CPU 포화");
  incident.opened = from_unix_ms(1'800'000'000'000);
  incident.closed = incident.opened + std::chrono::minutes(12);
  Finding finding;
  finding.rule = "HostCpuSaturated";
  finding.remedy = Words::in_both("Stop what nobody needs, or give the machine more processors.",
                                  "필요 없는 것을 멈추거나 CPU를 늘리세요.");
  incident.findings.push_back(finding);
  Cause cause;
  const Words process = Words::phrase(
      "resource.detailed",
      {{"what", Words::phrase("resource.one", {{"kind", Words::phrase("kind.process")}, {"name", "a.out"}})},
       {"details", "pid 42, user eve"}});
  const Words when = Words::phrase("cause.before", {{"time", Words::phrase("time.seconds", {{"count", "4"}})}});
  cause.says = Words::phrase("cause.started_share", {{"who", process}, {"when", when}, {"share", "98"}});
  cause.score = 0.98;
  incident.causes.push_back(cause);
  return incident;
}

Plan ordinary_plan(size_t actions) {
  Plan plan;
  plan.id = "plan-7";
  plan.origin = "policy:office-hours";
  plan.title = Words::phrase(
      "plan.many", {{"does", Words::phrase("do.stop_instance")}, {"count", std::to_string(actions)}, {"kind", "ec2"}});
  for (size_t i = 1; i <= actions; ++i) {
    Action action;
    action.id = "plan-7-" + std::to_string(i);
    action.verb = "aws.stop_instance";
    action.target = "ec2/i-" + std::to_string(i);
    action.reason = Words::phrase("hours.outside", {{"hours", "Mon-Fri 09:00-18:00"}});
    plan.actions.push_back(action);
  }
  return plan;
}

// Whatever a log line, a table or a person's text holds must arrive as it is and break nothing.
Draft nasty() {
  Incident incident = ordinary_incident();
  incident.title =
      "disk <full> & ``` of 웹서버-1 🔥👩‍👩‍👧‍👦 *bold* _it_ ~no~ @here <!channel> :smile: "
      "{title}";
  incident.causes.front().says = "결제 서비스의 로그가 하루에 40 GB 늘었습니다 & <rotated> never";
  Evidence evidence;
  evidence.lines = {"ERROR ```oops``` <script>alert('&amp;')</script>", "| host    | used | 남음   |",
                    "| ------- | ---- | ------ |", "| 웹서버-1 | 98 % | 1.2 GB |",
                    "\ttab, \x1b[31mred\x1b[0m, and a bell \a"};
  incident.causes.front().evidence.push_back(evidence);
  return tell::compose_opened(incident, kPage, 1);
}

Draft very_long() {
  Incident incident = ordinary_incident();
  std::string title, cause;
  for (int i = 0; i < 60; ++i) title += "가나다 &";
  for (int i = 0; i < 400; ++i) cause += "<원인> ";
  incident.title = title;
  incident.causes.front().says = cause;
  return tell::compose_opened(incident, kPage, 1);
}

Draft with_recommendation() {
  Incident incident = ordinary_incident();
  Plan plan = ordinary_plan(1);
  plan.origin = "incident:inc-12";
  incident.recommended.push_back(plan);
  return tell::compose_opened(incident, kPage, 1);
}

Draft many_alike() {
  std::vector<Draft> drafts;
  for (int i = 1; i <= 14; ++i) {
    Incident incident = ordinary_incident();
    incident.id = "inc-" + std::to_string(i);
    incident.title = "CPU of web" + std::to_string(i) + " is saturated";
    drafts.push_back(tell::compose_opened(incident, kPage, 1));
  }
  std::vector<const Draft*> all;
  for (const Draft& draft : drafts) all.push_back(&draft);
  return tell::fold(all);
}

// As PlanCards revises it.
Draft card(const tell::PlanNow& now) {
  return tell::as_now(tell::compose_plan_waiting(ordinary_plan(2), {}, kPage, 4), "plan-7", now);
}

Words counted(std::string_view count, ActionState state) {
  return Words::phrase("act.count", {{"count", count}, {"state", word_of(state)}});
}

std::map<std::string, Draft> cases() {
  using tell::PlanEnd;
  const tell::PlanHold frozen{
      Words::phrase("gate.frozen", {{"freeze", "quarter-end"}, {"until", "2026-10-01 09:00 Asia/Seoul"}}),
      "quarter-end"};
  Plan within_budget = ordinary_plan(2);
  within_budget.left_out =
      Words::phrase("budget.left_out", {{"count", "3"},
                                        {"why", Words::phrase("budget.over", {{"limit", "20.00 USD"},
                                                                              {"per", Words::phrase("budget.hour")},
                                                                              {"without", "18.20 USD"},
                                                                              {"with", "21.40 USD"}})}});
  const Words refused = quoted({ErrorCode::kPermissionDenied, "UnauthorizedOperation: you may not stop i-1"});
  const Words stopped = Words::phrase("act.stopped_by", {{"verb", "aws.stop_instance"},
                                                         {"target", "ec2/i-1"},
                                                         {"state", word_of(ActionState::kFailed)},
                                                         {"says", refused}});
  const Incident incident = ordinary_incident();
  return {
      {"incident-opened", tell::compose_opened(incident, kPage, 1)},
      {"incident-opened-with-plan", with_recommendation()},
      {"incident-changed",
       tell::compose_changed(incident, Words::phrase("incident.new_cause", {{"says", incident.causes.front().says}}),
                             kPage, 2)},
      {"incident-closed", tell::compose_closed(incident, kPage, 3)},
      {"incident-nasty", nasty()},
      {"incident-very-long", very_long()},
      {"incidents-alike", many_alike()},
      {"notice", tell::compose_notice("n1", "trial_account/a", "owner",
                                      Words::phrase("why.notice", {{"before", "7d"},
                                                                   {"policy", "trial-offboard"},
                                                                   {"name", "trial_user07"},
                                                                   {"what", "rotate_password, delete_all_of"}}),
                                      kPage)},
      {"plan-waiting", tell::compose_plan_waiting(ordinary_plan(12), {}, kPage, 4)},
      {"plan-frozen", tell::compose_plan_waiting(ordinary_plan(2), frozen, kPage, 4)},
      {"plan-within-budget", tell::compose_plan_waiting(within_budget, {}, kPage, 4)},
      {"plan-approved-and-frozen", card({.state = ActionState::kApproved,
                                         .by = "user:alice",
                                         .says = {},
                                         .frozen = frozen.says,
                                         .freeze = frozen.freeze})},
      {"plan-rejected",
       card({.state = ActionState::kSkipped,
             .by = "",
             .says = Words::phrase("act.because", {{"says", Words::phrase("act.rejected", {{"by", "alice"}})},
                                                   {"reason", "not during the sale"}}),
             .frozen = {},
             .freeze = ""})},
      {"plan-succeeded",
       tell::compose_plan_finished(
           ordinary_plan(2),
           PlanEnd{ActionState::kSucceeded, counted("2", ActionState::kSucceeded), "user:alice", true}, kPage, 5)},
      {"plan-failed",
       tell::compose_plan_finished(
           ordinary_plan(2),
           PlanEnd{ActionState::kFailed, Words::joined({stopped, counted("1", ActionState::kFailed)}, "; ")}, kPage,
           6)},
      {"action-unknown",
       tell::compose_action_unknown(ordinary_plan(2), "plan-7-2", Words::phrase("act.cut_off_unknown"), kPage, 7)},
  };
}

std::string as_text(const Message& message) {
  char* text = nullptr;
  size_t size = 0;
  std::FILE* out = ::open_memstream(&text, &size);
  tell::ConsoleChannel(out).send(message, "", {});
  std::fclose(out);
  std::string said(text, size);
  std::free(text);
  return said;
}

TEST(Messages, ReadAsTheyWereReviewed) {
  const std::filesystem::path golden = CAPSTAN_SOURCE_DIR "/tests/messages/golden";
  const bool regenerate = std::getenv("CAPSTAN_REGENERATE") != nullptr;
  size_t files = 0;
  for (const auto& [name, draft] : cases()) {
    for (const Language language : {Language::kEnglish, Language::kKorean}) {
      const Message message = tell::word(draft, language);
      const std::string said = as_text(message) + "\n" + slack::render(message, slack::Answers::kHeard).pretty() + "\n";
      const std::filesystem::path path = golden / (name + "." + std::string(to_string(language)) + ".txt");
      if (regenerate) {
        ASSERT_TRUE(write_file_atomically(path, said));
      }
      const auto reviewed = read_file(path);
      ASSERT_TRUE(reviewed) << path;
      EXPECT_EQ(said, *reviewed) << path;
      ++files;
    }
  }
  const auto there = std::distance(std::filesystem::directory_iterator(golden), std::filesystem::directory_iterator());
  EXPECT_EQ(static_cast<size_t>(there), files) << "a file of a case that there is no more";
}

// What is written down and read again, as after a restart, reads the same.
TEST(Messages, SurviveARestart) {
  for (const auto& [name, draft] : cases()) {
    const Draft again = Draft::from_json(Json::parse(draft.to_json().dump()).value());
    EXPECT_EQ(tell::word(again, Language::kKorean).to_json(), tell::word(draft, Language::kKorean).to_json()) << name;
  }
}

}  // namespace
}  // namespace capstan
