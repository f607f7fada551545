#include "connect/kubernetes/cluster_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/fake_http_client.h"
#include "base/fake_http_streamer.h"

namespace capstan::kubernetes {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

// Writes down what concerns the types; objects are RecordingSink's matter.
class TypeSink final : public ClusterSink {
 public:
  void types(const std::vector<ResourceType>& types, const std::vector<Error>& problems) override {
    std::string line = fmt::format("types with {} problems:", problems.size());
    for (const ResourceType& type : types) line += " " + type.name();
    add(line);
  }
  void reachable(Status state) override { add(state ? "reachable" : "unreachable"); }
  void listing(const ResourceType& type) override { add("listing " + type.name()); }
  void page(const ResourceType&, std::vector<Json>) override {}
  void listed(const ResourceType&) override { done_ = true; }
  void changed(const ResourceType&, Json) override { done_ = true; }
  void deleted(const ResourceType&, Json) override { done_ = true; }
  void state(const ResourceType&, Status) override {}

  std::vector<std::string> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }
  bool has(const std::string& line) const {
    std::lock_guard lock(mutex_);
    return std::ranges::find(lines_, line) != lines_.end();
  }
  std::atomic<bool> done_{false};

 private:
  void add(std::string line) {
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

std::string types(const std::string& group, const std::vector<std::string>& plurals) {
  std::string resources;
  for (const std::string& plural : plurals) {
    resources += fmt::format(R"({}{{"resource":"{}","responseKind":{{"kind":"K"}},"verbs":["list","watch"]}})",
                             resources.empty() ? "" : ",", plural);
  }
  return fmt::format(R"({{"kind":"APIGroupDiscoveryList","items":[{{"metadata":{{"name":"{}"}},"versions":[)"
                     R"({{"version":"v1","freshness":"Current","resources":[{}]}}]}}]}})",
                     group, resources);
}

class ClusterWatchTest : public testing::Test {
 protected:
  static ClusterAccess access() {
    ClusterAccess access;
    access.server = "https://api";
    return access;
  }
  // The workers take their time.
  template <class F>
  void tick_until(F&& condition) {
    for (int i = 0; i < 100'000 && !condition(); ++i) {
      watch_.tick();
      std::this_thread::yield();
    }
    EXPECT_TRUE(condition());
  }

  bool down_ = false;
  std::string core_ = types("", {"pods"});
  std::string groups_ = types("apiextensions.k8s.io", {"customresourcedefinitions"});
  std::atomic<int> looks_{0};
  FakeHttpClient http_{[this](const HttpRequest& request) -> Result<HttpResponse> {
    if (down_) return fail(ErrorCode::kUnavailable, "refused");
    if (request.url == "https://api/api") return HttpResponse{200, {}, core_};
    ++looks_;
    return HttpResponse{200, {}, groups_};
  }};
  VirtualClock clock_{from_unix_ms(1'700'000'000'000)};
  SystemRandom random_;
  Credentials credentials_{access(), {}, clock_};
  ApiTransport transport_{http_, credentials_};
  FakeHttpStreamer streamer_;
  TypeSink sink_;
  WorkerPool workers_{1, 100};
  ClusterWatch watch_{{.transport = transport_,
                       .lists = streamer_,
                       .watches = streamer_,
                       .workers = workers_,
                       .clock = clock_,
                       .random = random_,
                       .sink = sink_}};
};

TEST_F(ClusterWatchTest, ReflectsWhatItFinds) {
  tick_until([&] { return streamer_.count() == 2; });
  const std::vector<std::string> lines = sink_.take();
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines[0], "reachable");
  EXPECT_EQ(lines[1], "types with 0 problems: pods customresourcedefinitions.apiextensions.k8s.io");
}

TEST_F(ClusterWatchTest, LooksForTypesEveryHalfMinute) {
  watch_.tick();
  EXPECT_EQ(looks_, 1);
  clock_.advance(Duration(29'999));
  watch_.tick();
  EXPECT_EQ(looks_, 1);
  sink_.take();
  core_ = types("", {"pods", "nodes"});
  clock_.advance(Duration(1));
  watch_.tick();
  EXPECT_EQ(looks_, 2);
  EXPECT_THAT(sink_.take(),
              Contains("types with 0 problems: nodes pods customresourcedefinitions.apiextensions.k8s.io"));
}

TEST_F(ClusterWatchTest, LooksSoonAfterADefinitionHasChanged) {
  tick_until([&] { return streamer_.count() == 2; });
  for (size_t i = 0; i < 2; ++i) {
    const auto call = streamer_.call(i);
    if (call->request.url.find("customresourcedefinitions") == std::string::npos) continue;
    call->handler->on_head({200, {}, ""});
    call->handler->on_chunk(R"({"metadata":{"resourceVersion":"7"},"items":[]})");
    call->handler->on_end({});
  }
  tick_until([&] { return sink_.done_.load(); });
  EXPECT_EQ(looks_, 1);
  clock_.advance(Duration(1'000));
  watch_.tick();
  EXPECT_EQ(looks_, 2);
}

TEST_F(ClusterWatchTest, TellsOnceThatTypesCannotBeFoundOutAndKeepsThoseItKnows) {
  watch_.tick();
  tick_until([&] { return streamer_.count() == 2; });
  sink_.take();
  down_ = true;
  for (int i = 0; i < 3; ++i) {
    clock_.advance(Duration(30'000));
    watch_.tick();
  }
  EXPECT_THAT(sink_.take(), ElementsAre("unreachable"));
  EXPECT_FALSE(streamer_.call(0)->dropped);
  down_ = false;
  clock_.advance(Duration(30'000));
  watch_.tick();
  EXPECT_THAT(sink_.take(), ElementsAre("reachable"));
}

TEST_F(ClusterWatchTest, LeavesOutWhatCannotBeWatchedAndWhatIsSeenAlready) {
  ResourceType type{.group = "events.k8s.io", .version = "v1", .plural = "events", .kind = "Event"};
  type.verbs = {"list", "watch"};
  EXPECT_FALSE(ClusterWatch::is_worth_watching(type));
  type.group = "";
  EXPECT_TRUE(ClusterWatch::is_worth_watching(type));
  type.verbs = {"list"};
  EXPECT_FALSE(ClusterWatch::is_worth_watching(type));
}

}  // namespace
}  // namespace capstan::kubernetes
