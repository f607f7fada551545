// What Capstan sends, judged by an emulation of Slack that rejects what Slack rejects.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <string>

#include "base/http_client.h"
#include "base/json.h"
#include "connect/slack/slack_channel.h"
#include "connect/slack/socket_mode.h"
#include "connect/slack/web_api.h"

namespace capstan::slack {
namespace {

class SlackPeerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    child_ = ::fork();
    ASSERT_GE(child_, 0);
    if (child_ == 0) {
      ::dup2(pipe_ends[1], STDOUT_FILENO);
      ::execlp("python3", "python3", CAPSTAN_SOURCE_DIR "/tests/peers/slack/emulator.py", nullptr);
      ::_exit(127);
    }
    ::close(pipe_ends[1]);
    std::FILE* out = ::fdopen(pipe_ends[0], "r");
    char line[32] = {};
    ASSERT_NE(std::fgets(line, sizeof(line), out), nullptr) << "the emulator did not start";
    std::fclose(out);
    origin_ = "http://127.0.0.1:" + std::to_string(std::stoi(line));
  }
  void TearDown() override {
    ::kill(child_, SIGTERM);
    ::waitpid(child_, nullptr, 0);
  }

  Delivery post(const Message& message, const std::string& channel = "#ops", const std::string& token = "xoxb-good",
                const std::string& thread = "") {
    return ApiChannel({.name = "slack", .token = Secret(token), .channel = channel, .base_url = origin_ + "/api"},
                      http_)
        .send(message, thread, {});
  }
  void fault(const Json& body) {
    ASSERT_TRUE(http_.send({.method = "POST", .url = origin_ + "/_emulator/fault", .body = body.dump()}));
  }
  Json messages() {
    const auto answer = http_.send({.url = origin_ + "/_emulator/messages"});
    return Json::parse(answer.value().body).value();
  }
  static Message ordinary() {
    Message message;
    message.id = "inc-1:opened";
    message.thread = "incident:inc-1";
    message.severity = Severity::kHigh;
    message.title = "the CPU of web1 is saturated";
    message.fields = {{"Likely cause", "process <x> (pid 42, user eve) & friends"}, {"Empty", ""}};
    message.text = "a < b && c > d";
    message.code_lines = {"ERROR ```oops``` <script>"};
    message.buttons = {{"Look and approve", "http://127.0.0.1:9469/incidents/inc-1"}};
    return message;
  }

  pid_t child_ = -1;
  std::string origin_;
  CurlHttpClient http_;
};

TEST_F(SlackPeerTest, TakesAnOrdinaryMessageAndItsThread) {
  const Delivery first = post(ordinary());
  ASSERT_TRUE(first.status) << first.status.error().message;
  Message second = ordinary();
  second.title = "[closed] the CPU of web1 is saturated";
  const Delivery reply = post(second, "#ops", "xoxb-good", first.reference);
  ASSERT_TRUE(reply.status) << reply.status.error().message;
  const Json all = messages();
  ASSERT_EQ(all.items().size(), 2u);
  EXPECT_EQ(all.items()[1]["thread_ts"], all.items()[0]["ts"]);
  EXPECT_EQ(all.items()[0]["blocks"].items().size(), 5u);
}

TEST_F(SlackPeerTest, TakesAMessageThatBreaksEveryLimit) {
  Message message = ordinary();
  message.title = std::string(5'000, 'x') + "\nsecond line";
  for (int i = 0; i < 40; ++i) message.fields.emplace_back("n" + std::to_string(i), std::string(4'000, '&'));
  for (int i = 0; i < 4'000; ++i) message.text += "한글 <&> ";
  for (int i = 0; i < 500; ++i) message.code_lines.push_back(std::string(100, '`'));
  for (int i = 0; i < 60; ++i)
    message.buttons.push_back({std::string(300, 'b'), "https://example.org/" + std::to_string(i)});
  message.buttons.push_back({"too long", "https://example.org/" + std::string(4'000, 'u')});
  const Delivery delivery = post(message);
  EXPECT_TRUE(delivery.status) << delivery.status.error().message;
}

TEST_F(SlackPeerTest, SaysWhatAPersonHasToDo) {
  const Delivery missing = post(ordinary(), "#private");
  ASSERT_FALSE(missing.status);
  EXPECT_NE(missing.status.error().message.find("channel_not_found"), std::string::npos);
  EXPECT_NE(missing.status.error().message.find("#private"), std::string::npos);
  EXPECT_TRUE(missing.retry) << "the channel may be made, the message must not be lost";

  const Delivery lobby = post(ordinary(), "#lobby");
  ASSERT_FALSE(lobby.status);
  EXPECT_NE(lobby.status.error().message.find("/invite"), std::string::npos);

  EXPECT_NE(post(ordinary(), "#ops", "xoxb-revoked").status.error().message.find("issue a new one"), std::string::npos);
  EXPECT_NE(post(ordinary(), "#ops", "xoxb-guess").status.error().message.find("not valid"), std::string::npos);
  EXPECT_EQ(post(ordinary(), "#ops", "xoxb-guess").status.error().message.find("xoxb"), std::string::npos)
      << "the token must not be told";
}

TEST_F(SlackPeerTest, WaitsAsLongAsSlackAsks) {
  fault(Json::object({{"status", 429}, {"retry_after", 17}}));
  const Delivery limited = post(ordinary());
  ASSERT_FALSE(limited.status);
  EXPECT_TRUE(limited.retry);
  EXPECT_EQ(limited.retry_after, std::chrono::seconds(17));
  EXPECT_TRUE(post(ordinary()).status);
}

TEST_F(SlackPeerTest, PostsByWebhook) {
  WebhookChannel good("slack", Secret(origin_ + "/services/T000/B000/good"), http_);
  EXPECT_TRUE(good.send(ordinary(), "", {}).status);
  WebhookChannel gone("slack", Secret(origin_ + "/services/T000/B000/gone"), http_);
  const Delivery refused = gone.send(ordinary(), "", {});
  ASSERT_FALSE(refused.status);
  EXPECT_NE(refused.status.error().message.find("no_service"), std::string::npos);
  EXPECT_EQ(refused.status.error().message.find("B000"), std::string::npos) << "the URL is a secret";
}

// What a person does arrives by a socket that Capstan has opened.
class SocketModeTest : public SlackPeerTest {
 protected:
  void open(const std::string& token = "xapp-good") {
    socket_ = std::make_unique<SocketMode>(
        SocketMode::Parts{.http = http_,
                          .clock = clock_,
                          .random = random_,
                          .take =
                              [this](Door door, Json payload) {
                                note([&] { taken_.emplace_back(door, std::move(payload)); });
                                return has_room_;
                              },
                          .report = [this](std::string error) { note([&] { reports_.push_back(std::move(error)); }); }},
        SocketMode::Options{.app_token = Secret(token),
                            .base_url = origin_ + "/api",
                            .first_wait = Duration(20),
                            .longest_wait = Duration(100)});
  }
  void TearDown() override {
    socket_.reset();
    SlackPeerTest::TearDown();
  }
  template <class F>
  void note(F&& change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  template <class F>
  [[nodiscard]] bool until(F&& so) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), so);
  }
  Json tell(const std::string& what, const Json& body) {
    const auto answer = http_.send({.method = "POST", .url = origin_ + "/_emulator/" + what, .body = body.dump()});
    return Json::parse(answer.value().body).value();
  }
  Json seen() { return Json::parse(http_.send({.url = origin_ + "/_emulator/socket"}).value().body).value(); }
  size_t times_connected() const { return static_cast<size_t>(std::ranges::count(reports_, "")); }

  SystemClock clock_;
  SystemRandom random_;
  bool has_room_ = true;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<Door, Json>> taken_;
  std::vector<std::string> reports_;
  std::unique_ptr<SocketMode> socket_;
};

TEST_F(SocketModeTest, TakesWhatComesOnceAndAcknowledgesIt) {
  open();
  ASSERT_TRUE(until([&] { return times_connected() == 1; }));
  const Json command = Json::object({{"user", "U1"}, {"text", "status"}});
  EXPECT_TRUE(tell("command", command)["acknowledged"].bool_or(false));
  EXPECT_TRUE(tell("redeliver", Json::object())["acknowledged"].bool_or(false));
  EXPECT_TRUE(tell("command", command)["acknowledged"].bool_or(false));
  EXPECT_EQ(taken_.size(), 2u) << "the envelope that came again is the same";
  EXPECT_EQ(taken_[0].first, Door::kCommand);
  EXPECT_EQ(taken_[0].second["text"].string_or_empty(), "status");
  EXPECT_TRUE(seen()["mistakes"].items().empty()) << seen().dump();
}

TEST_F(SocketModeTest, AcknowledgesNothingThatItHasNoRoomFor) {
  has_room_ = false;
  open();
  ASSERT_TRUE(until([&] { return times_connected() == 1; }));
  EXPECT_FALSE(tell("command", Json::object({{"user", "U1"}, {"text", "x"}}))["acknowledged"].bool_or(true));
  has_room_ = true;
  EXPECT_TRUE(tell("redeliver", Json::object())["acknowledged"].bool_or(false));
  EXPECT_EQ(taken_.size(), 2u) << "what was not taken is when it comes again";
}

TEST_F(SocketModeTest, ComesBackAfterARefreshAndAfterTrouble) {
  open();
  ASSERT_TRUE(until([&] { return times_connected() == 1; }));
  tell("disconnect", Json::object({{"reason", "refresh_requested"}}));
  ASSERT_TRUE(until([&] { return times_connected() == 2; }));
  fault(Json::object({{"status", 503}, {"times", 3}}));
  tell("disconnect", Json::object({{"reason", "warning"}}));
  ASSERT_TRUE(until([&] { return times_connected() == 3; }));
  EXPECT_EQ(std::ranges::count_if(reports_, [](const auto& one) { return one.find("503") != std::string::npos; }), 3);
}

TEST_F(SocketModeTest, SaysWhatAPersonHasToDoAndGoesOnTrying) {
  open("xapp-idle");
  ASSERT_TRUE(until([&] { return reports_.size() >= 2; }));
  EXPECT_NE(reports_[0].find("connections:write"), std::string::npos) << reports_[0];
  socket_.reset();
  reports_.clear();
  open("xoxb-good");
  ASSERT_TRUE(until([&] { return !reports_.empty(); }));
  EXPECT_NE(reports_[0].find("xapp-"), std::string::npos) << reports_[0];
  EXPECT_EQ(reports_[0].find("xoxb-good"), std::string::npos);
}

TEST_F(SocketModeTest, EndsAtOnceWhileItWaitsForAMessage) {
  open();
  ASSERT_TRUE(until([&] { return times_connected() == 1; }));
  const Duration before = clock_.monotonic();
  socket_.reset();
  EXPECT_LT(clock_.monotonic() - before, std::chrono::seconds(5));
}

TEST_F(SlackPeerTest, TakesTheFormForAReason) {
  const Json view = reason_view({.title = "계획을 반려하는 사유를 알려 주세요 아주 긴 제목입니다",
                                 .label = "Reason",
                                 .submit = "Reject",
                                 .close = "Back",
                                 .memo = "{}"});
  const auto wrong = call_api(http_, origin_ + "/api", Secret("xoxb-good"), "views.open",
                              Json::object({{"trigger_id", "made-up"}, {"view", view}}), {});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("trigger_id"), std::string::npos) << wrong.error().message;
}

TEST_F(SlackPeerTest, TakesButtonsThatDecide) {
  Message message = ordinary();
  message.buttons.push_back({"Approve", "", "approve", "h plan-1"});
  message.buttons.push_back({"Reject", "", "reject", "h plan-1"});
  const Delivery delivery = ApiChannel({.name = "slack",
                                        .token = Secret("xoxb-good"),
                                        .channel = "#ops",
                                        .base_url = origin_ + "/api",
                                        .answers = Answers::kHeard},
                                       http_)
                                .send(message, "", {});
  ASSERT_TRUE(delivery.status) << delivery.status.error().message;
  const Json blocks = messages().items()[0]["blocks"];
  EXPECT_EQ(blocks.items().back()["elements"].items().size(), 3u);
  ASSERT_TRUE(post(message).status);
  const Json unheard = messages().items()[1]["blocks"];
  EXPECT_EQ(unheard.items().back()["elements"].items().size(), 1u) << "where nobody listens there are links only";
}

}  // namespace
}  // namespace capstan::slack
