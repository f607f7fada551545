#include "connect/kubernetes/reflector_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "base/http_fetcher.h"
#include "connect/kubernetes/fake_api_server.h"
#include "connect/kubernetes/recording_sink.h"

namespace capstan::kubernetes {
namespace {

using testing::Contains;
using testing::HasSubstr;

class ReflectorSetTest : public testing::Test {
 protected:
  ReflectorSetTest() {
    options_.least_backoff = Duration(1);
    options_.most_backoff = Duration(10);
    options_.refused_interval = Duration(20);
    ClusterAccess access;
    access.server = server_.url();
    credentials_.emplace(access, Environment{}, clock_);
  }
  ~ReflectorSetTest() override {
    thread_ = {};
    set_.reset();
  }
  void start(const std::vector<ResourceType>& types, size_t lists_at_once = 8) {
    set_.emplace(ReflectorSet::Parts{.lists = lists_,
                                     .watches = watches_,
                                     .workers = workers_,
                                     .credentials = *credentials_,
                                     .clock = clock_,
                                     .random = random_,
                                     .sink = sink_},
                 options_, lists_at_once);
    set_->set_types(types);
    thread_ = std::jthread([this](const std::stop_token& stop) { set_->run(stop); });
  }

  FakeApiServer server_;
  SystemClock clock_;
  SystemRandom random_;
  RecordingSink sink_;
  ReflectorOptions options_;
  std::optional<Credentials> credentials_;
  WorkerPool workers_{2, 1'000};
  CurlHttpFetcher lists_;
  CurlHttpFetcher watches_{1'000, HttpConnections::kShared};
  std::optional<ReflectorSet> set_;
  std::jthread thread_;
};

TEST_F(ReflectorSetTest, KeepsUpWithManyTypes) {
  std::vector<ResourceType> types;
  for (int i = 0; i < 40; ++i) {
    types.push_back(server_.add_type("kind" + std::to_string(i), "Kind"));
    server_.put(types.back().plural, "first");
  }
  start(types, 3);
  for (const ResourceType& type : types) ASSERT_TRUE(sink_.wait_for("listed " + type.plural)) << type.plural;
  for (const ResourceType& type : types) server_.put(type.plural, "second");
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(sink_.wait_for("changed kind" + std::to_string(i) + " second@" + std::to_string(141 + i))) << i;
  }
}

TEST_F(ReflectorSetTest, MissesNothingWhenWatchesAreCut) {
  const ResourceType pods = server_.add_type("pods", "Pod");
  start({pods});
  ASSERT_TRUE(sink_.wait_for("listed pods"));
  for (int i = 0; i < 20; ++i) {
    server_.cut_watches();
    server_.put("pods", "p" + std::to_string(i));
    ASSERT_TRUE(sink_.wait_for("changed pods p" + std::to_string(i) + "@" + std::to_string(101 + i))) << i;
  }
  int lists = 0;
  for (const std::string& request : server_.requests()) lists += request == "pods" ? 1 : 0;
  EXPECT_EQ(lists, 1);
}

TEST_F(ReflectorSetTest, ListsAnewWhatItMissedForGood) {
  const ResourceType pods = server_.add_type("pods", "Pod");
  server_.put("pods", "a");
  start({pods});
  ASSERT_TRUE(sink_.wait_for("state pods ok"));
  server_.forbid("pods", true);
  server_.cut_watches();
  ASSERT_TRUE(sink_.wait_for("state pods permission_denied"));
  server_.remove("pods", "a");
  server_.put("pods", "b");
  server_.compact();
  server_.forbid("pods", false);
  EXPECT_TRUE(sink_.wait_for("page pods b@103"));
}

TEST_F(ReflectorSetTest, GoesOnWithOthersWhenOneIsForbidden) {
  const ResourceType secrets = server_.add_type("secrets", "Secret");
  const ResourceType pods = server_.add_type("pods", "Pod");
  server_.forbid("secrets", true);
  server_.put("pods", "a");
  server_.put("secrets", "s");
  start({secrets, pods});
  EXPECT_TRUE(sink_.wait_for("state secrets permission_denied"));
  EXPECT_TRUE(sink_.wait_for("page pods a@101"));
  server_.forbid("secrets", false);
  EXPECT_TRUE(sink_.wait_for("page secrets s@102"));
}

TEST_F(ReflectorSetTest, SurvivesWhateverAServerAnswers) {
  const ResourceType pods = server_.add_type("pods", "Pod");
  server_.put("pods", "a");
  server_.answer_next("pods", FakeApiServer::refusal(429, "TooManyRequests"));
  server_.answer_next("pods", FakeApiServer::refusal(500, "InternalError"));
  server_.answer_next("pods", {200, {}, "<html>not JSON</html>", {}});
  server_.answer_next("pods", {200, {}, R"({"items":[{"metadata":)", {}});
  server_.answer_next("pods", {200, {}, R"({"items":[{"metadata":{"name":"\u12"}}]})", {}});
  server_.answer_next("pods", {200, {}, "", {}});
  server_.answer_next("pods", {502, {}, std::string(1 << 20, 'x'), {}});
  server_.answer_next("pods", FakeApiServer::refusal(410, "Expired"));
  start({pods});
  EXPECT_TRUE(sink_.wait_for("page pods a@101"));
  EXPECT_TRUE(sink_.wait_for("state pods ok"));
}

TEST_F(ReflectorSetTest, ReadsManyPagesOfLargeObjects) {
  options_.page_limit = 50;
  options_.max_object_bytes = 2 << 20;
  const ResourceType pods = server_.add_type("pods", "Pod");
  for (int i = 0; i < 120; ++i) server_.put("pods", "p" + std::to_string(i), i % 40 == 0 ? 1'500'000 : 1'000);
  start({pods});
  ASSERT_TRUE(sink_.wait_for("listed pods"));
  std::set<std::string> seen;
  for (const std::string& line : sink_.take()) {
    for (size_t at = line.find(" p"); at != std::string::npos; at = line.find(" p", at + 1)) {
      const std::string name = line.substr(at + 1, line.find_first_of("@ ", at + 1) - at - 1);
      if (name != "pods") seen.insert(name);
    }
  }
  EXPECT_EQ(seen.size(), 120u);
  EXPECT_THAT(server_.requests(), Contains(HasSubstr("?continue=")).Times(2));
}

TEST_F(ReflectorSetTest, TakesUpAndGivesUpTypesWhileItRuns) {
  const ResourceType pods = server_.add_type("pods", "Pod");
  const ResourceType nodes = server_.add_type("nodes", "Node");
  start({pods});
  ASSERT_TRUE(sink_.wait_for("state pods ok"));
  set_->set_types({nodes});
  sink_.take();
  server_.put("pods", "a");
  server_.put("nodes", "n");
  ASSERT_TRUE(sink_.wait_for("listed nodes"));
  for (const std::string& line : sink_.take()) EXPECT_THAT(line, testing::Not(HasSubstr("pods")));
}

}  // namespace
}  // namespace capstan::kubernetes
