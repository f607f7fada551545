// Asks both engines and compares their JSON.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <thread>

#include "../prometheus/peer_process.h"
#include "base/clock.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/url.h"
#include "questions.h"
#include "telemetry/promql/api.h"
#include "world.h"

namespace capstan::peers {
namespace {

using telemetry::ApiParameters;

// A Prometheus whose blocks hold the world.
class Peer {
 public:
  explicit Peer(const std::vector<Series>& world) : port_(free_port()) {
    std::string name = "/tmp/capstan-promql-XXXXXX";
    directory_ = mkdtemp(name.data());
    std::ofstream(directory_ / "world.om") << to_open_metrics(world);
    std::ofstream(directory_ / "prometheus.yml") << "global: { scrape_interval: 1m, evaluation_interval: 1m }\n";
    const std::string import = fmt::format(
        "/usr/bin/promtool tsdb create-blocks-from openmetrics {0}/world.om {0}/data > {0}/promtool.log 2>&1",
        directory_.string());
    const int status = ::system(import.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "promtool cannot import " << directory_;
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"/usr/bin/prometheus", "--config.file=" + (directory_ / "prometheus.yml").string(),
                                 "--storage.tsdb.path=" + (directory_ / "data").string(),
                                 "--storage.tsdb.retention.time=100y",
                                 fmt::format("--web.listen-address=127.0.0.1:{}", port_)},
        directory_ / "prometheus.log");
    for (int i = 0; i < 600; ++i) {
      HttpRequest request;
      request.url = fmt::format("http://127.0.0.1:{}/-/ready", port_);
      const auto response = client_.send(request);
      if (response && response->status == 200) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ADD_FAILURE() << "Prometheus does not start";
  }
  ~Peer() {
    process_.reset();
    std::filesystem::remove_all(directory_);
  }

  Json ask(std::string_view path, const ApiParameters& parameters) {
    HttpRequest request;
    request.method = "POST";
    request.url = fmt::format("http://127.0.0.1:{}/api/v1/{}", port_, path);
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.timeout = Duration(60'000);
    for (const auto& [name, value] : parameters) request.body += name + "=" + percent_encode(value) + "&";
    const auto response = client_.send(request);
    if (!response) {
      ADD_FAILURE() << response.error().message;
      return {};
    }
    return Json::parse(response->body).value_or(Json());
  }

 private:
  int port_;
  std::filesystem::path directory_;
  CurlHttpClient client_;
  std::unique_ptr<Process> process_;
};

double number(const Json& json) {
  const std::string& text = json.string_or_empty();
  if (text == "NaN") return NAN;
  if (text == "+Inf") return INFINITY;
  if (text == "-Inf") return -INFINITY;
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool near(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= 1e-9 * std::max({std::abs(a), std::abs(b), 1.0});
}

// "" when the points agree, else the first difference. A point is [time, "value"].
std::string difference(const Json& ours, const Json& theirs) {
  if (ours.is_array() && theirs.is_array() && ours.items().size() == 2 && ours.items()[1].is_string() &&
      ours.items()[0].is_number()) {
    const bool same_time = std::abs(ours.items()[0].number_or(0) - theirs.items()[0].number_or(0)) < 1e-6;
    return same_time && near(number(ours.items()[1]), number(theirs.items()[1]))
               ? ""
               : ours.dump() + " but Prometheus " + theirs.dump();
  }
  if (ours.items().size() != theirs.items().size())
    return fmt::format("{} items but Prometheus {}", ours.items().size(), theirs.items().size());
  for (size_t i = 0; i < ours.items().size(); ++i) {
    const std::string found = difference(ours.items()[i], theirs.items()[i]);
    if (!found.empty()) return found;
  }
  return "";
}

std::map<std::string, const Json*> by_labels(const Json& result) {
  std::map<std::string, const Json*> map;
  for (const Json& series : result.items()) map.emplace(series["metric"].dump(), &series);
  return map;
}

std::string compare(const Json& ours, const Json& theirs) {
  if (ours["status"] != theirs["status"])
    return fmt::format("{} but Prometheus {}", ours.dump().substr(0, 300), theirs.dump().substr(0, 300));
  if (ours["status"].string_or_empty() != "success") {
    return ours["errorType"] == theirs["errorType"] ? ""
                                                    : fmt::format("{} but Prometheus {}", ours.dump(), theirs.dump());
  }
  const Json& type = ours["data"]["resultType"];
  if (type != theirs["data"]["resultType"]) return "the types of the results differ";
  const Json& a = ours["data"]["result"];
  const Json& b = theirs["data"]["result"];
  if (type.string_or_empty() == "string") return a.items()[1] == b.items()[1] ? "" : "the strings differ";
  if (type.string_or_empty() == "scalar") return difference(a, b);
  const auto left = by_labels(a);
  const auto right = by_labels(b);
  for (const auto& [labels, series] : left) {
    const auto found = right.find(labels);
    if (found == right.end()) return fmt::format("{} is not in Prometheus' result of {} series", labels, right.size());
    for (const char* member : {"value", "values"}) {
      const std::string point = difference((*series)[member], (*found->second)[member]);
      if (!point.empty()) return labels + ": " + point;
    }
  }
  return left.size() == right.size() ? "" : fmt::format("{} series but Prometheus {}", left.size(), right.size());
}

size_t random_questions() {
  const char* wanted = ::getenv("CAPSTAN_PROMQL_QUESTIONS");
  return wanted == nullptr ? 600 : static_cast<size_t>(std::atoi(wanted));
}

class PromqlPeer : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = new std::vector<Series>(make_world(7));
    peer_ = new Peer(*world_);
  }
  static void TearDownTestSuite() {
    delete peer_;
    delete world_;
  }

  // Asks both as an instant and as a range query; counts the answers that hold anything.
  void expect_same(const std::string& question) {
    // Neither a whole second nor near a sample.
    const int64_t at = kBeginMs + 4'007'123;
    check("query", {{"query", question}, {"time", seconds(at)}});
    check("query_range",
          {{"query", question}, {"start", seconds(at - 600'000)}, {"end", seconds(at + 900'000)}, {"step", "61"}});
  }
  size_t asked() const { return asked_; }
  size_t with_values() const { return with_values_; }
  const telemetry::PromqlEngine& engine() const { return engine_; }
  Peer& peer() { return *peer_; }

 private:
  static std::string seconds(int64_t ms) { return fmt::format("{}.{:03}", ms / 1000, ms % 1000); }

  void check(std::string_view path, const ApiParameters& parameters) {
    const telemetry::ApiAnswer answer = telemetry::answer_api(engine_, path, parameters, from_unix_ms(kEndMs));
    const Json ours = Json::parse(answer.body).value_or(Json());
    const std::string found = compare(ours, peer_->ask(path, parameters));
    EXPECT_EQ(found, "") << path << ": " << parameters.find("query")->second;
    ++asked_;
    if (!ours["data"]["result"].items().empty()) ++with_values_;
  }

  static inline std::vector<Series>* world_ = nullptr;
  static inline Peer* peer_ = nullptr;
  telemetry::FakeSeriesReader reader_ = to_reader(*world_);
  SystemClock clock_;
  telemetry::PromqlEngine engine_{reader_, clock_};
  size_t asked_ = 0;
  size_t with_values_ = 0;
};

TEST_F(PromqlPeer, AnswersWrittenQuestionsAlike) {
  for (const std::string& question : written_questions()) expect_same(question);
}

TEST_F(PromqlPeer, AnswersRandomQuestionsAlike) {
  SeededRandom random(11);
  for (size_t i = 0; i < random_questions(); ++i) expect_same(random_question(random, 3));
  EXPECT_GT(with_values(), asked() / 3) << "too many questions have no answer to compare";
  RecordProperty("questions", static_cast<int>(asked()));
}

TEST_F(PromqlPeer, ListsSeriesAndLabelsAlike) {
  for (const char* selector : {"up", "{job=~\"a.*\"}", "latency_bucket{le=\"+Inf\"}"}) {
    for (const char* path : {"series", "labels"}) {
      const ApiParameters parameters = {
          {"match[]", selector}, {"start", std::to_string(kBeginMs / 1000)}, {"end", std::to_string(kEndMs / 1000)}};
      const Json ours =
          Json::parse(telemetry::answer_api(engine(), path, parameters, from_unix_ms(kEndMs)).body).value_or(Json());
      EXPECT_EQ(ours.dump(), peer().ask(path, parameters).dump()) << path << " " << selector;
    }
  }
}

}  // namespace
}  // namespace capstan::peers
