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
#include "tell/wording.h"

namespace capstan {
namespace {

constexpr const char* kPage = "http://127.0.0.1:9280";

Incident ordinary_incident() {
  Incident incident;
  incident.id = "inc-12";
  incident.severity = Severity::kHigh;
  incident.title = "CPU of web1 is saturated";
  incident.opened = from_unix_ms(1'800'000'000'000);
  incident.closed = incident.opened + std::chrono::minutes(12);
  Finding finding;
  finding.rule = "HostCpuSaturated";
  finding.remedy = "Stop what nobody needs, or give the machine more processors.";
  incident.findings.push_back(finding);
  Cause cause;
  cause.says = "process a.out (pid 42, user eve) started 4 s before";
  cause.score = 0.98;
  incident.causes.push_back(cause);
  return incident;
}

Plan ordinary_plan(size_t actions) {
  Plan plan;
  plan.id = "plan-7";
  plan.origin = "policy:office-hours";
  plan.title = "stop 2 machines of the team web";
  for (size_t i = 1; i <= actions; ++i) {
    Action action;
    action.id = "plan-7-" + std::to_string(i);
    action.verb = "aws.stop_instance";
    action.target = "ec2/i-" + std::to_string(i);
    action.reason = "outside Mon-Fri 09:00-18:00";
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
  incident.title = "";
  for (int i = 0; i < 60; ++i) incident.title += "가나다 &";
  incident.causes.front().says = "";
  for (int i = 0; i < 400; ++i) incident.causes.front().says += "<원인> ";
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

std::map<std::string, Draft> cases() {
  using tell::PlanEnd;
  const Incident incident = ordinary_incident();
  return {
      {"incident-opened", tell::compose_opened(incident, kPage, 1)},
      {"incident-opened-with-plan", with_recommendation()},
      {"incident-changed", tell::compose_changed(incident, "another finding belongs to it", kPage, 2)},
      {"incident-closed", tell::compose_closed(incident, kPage, 3)},
      {"incident-nasty", nasty()},
      {"incident-very-long", very_long()},
      {"incidents-alike", many_alike()},
      {"notice", tell::compose_notice("n1", "trial_account/a", "owner", "a ends in 7 days", kPage)},
      {"plan-waiting", tell::compose_plan_waiting(ordinary_plan(12), kPage, 4)},
      {"plan-succeeded",
       tell::compose_plan_finished(ordinary_plan(2),
                                   PlanEnd{ActionState::kSucceeded, "2 of 2 done", "user:alice", true}, kPage, 5)},
      {"plan-failed",
       tell::compose_plan_finished(ordinary_plan(2), PlanEnd{ActionState::kFailed, "no such machine"}, kPage, 6)},
      {"action-unknown", tell::compose_action_unknown(ordinary_plan(2), "plan-7-2", "no answer in time", kPage, 7)},
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
