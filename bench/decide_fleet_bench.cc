// How long 200 policies take over a fleet of a million resources while facts come in, and how long after a change of
// one resource all its policies have decided over it. The peer is Cloud Custodian (c7n), which filters lists of
// resources that it holds: the same filters (tags, state, off-hours) on one core.
//   decide_fleet_bench [resources] [python]
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/pack_kinds.h"
#include "catalog/sql_engine.h"
#include "decide/decide.h"
#include "decide/policy_reader.h"
#include "must.h"

namespace capstan::decide {
namespace {

constexpr int kKinds = 20;
constexpr int kPoliciesOfKind = 10;
constexpr int kBatch = 10'000;
constexpr int kFactsPerSecond = 1'000;
const Time kNow = *parse_time("2026-11-20T10:00:00+09:00");

double seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

std::string kind_of(int number) { return fmt::format("vm_{:02}", number % kKinds); }

Resource resource(int number, std::string_view state) {
  const std::string kind = kind_of(number);
  return {.id = fmt::format("{}/i-{:08x}", kind, number),
          .kind = kind,
          .name = fmt::format("node-{}", number),
          .labels = {{"env", number / kKinds % 3 == 0 ? "prod" : "dev"},
                     {"team", fmt::format("team{}", number / kKinds % 40)},
                     {"plan", number / kKinds % 5 == 0 ? "trial" : "paid"}},
          .fields = Json::object({{"state", state},
                                  {"zone", fmt::format("ap-northeast-2{}", "abc"[number % 3])},
                                  {"type", fmt::format("m7i.{}", number % 7 == 0 ? "large" : "xlarge")},
                                  {"cpu_count", number % 16},
                                  {"owner", fmt::format("user{}@example.com", number % 5'000)}})};
}

std::string kinds_text() {
  std::string text;
  for (int number = 0; number < kKinds; ++number)
    text += fmt::format(
        "kind: {}\ncolumns: {{state: {{type: text}}, zone: {{type: text}}, type: {{type: text}}, cpu_count: {{type: "
        "integer}}, owner: {{type: text}}}}\n---\n",
        kind_of(number));
  return text.substr(0, text.size() - 4);
}

// Of each kind ten: core time, off-hours, tags; one of them with three clauses.
std::string policies_text() {
  std::string text;
  for (int kind = 0; kind < kKinds; ++kind) {
    for (int number = 0; number < kPoliciesOfKind; ++number) {
      const std::string where = number == 0 ? ", where: \"cpu_count >= 4 AND type = 'm7i.large' AND owner <> ''\"" : "";
      text += fmt::format(
          "policy: p-{0:02}-{1}\nselect: {{ kind: {2}, labels: \"env=dev,team=team{3}\"{4} }}\nkeep: running\nduring: "
          "Mon-Fri 0{5}:00-18:00 Asia/Seoul\notherwise: stopped\nlimits: {{ total: 1000 }}\n---\n",
          kind, number, kind_of(kind), number * 4, where, number % 3 + 7);
    }
  }
  return text.substr(0, text.size() - 4);
}

class Fleet {
 public:
  Fleet(const std::filesystem::path& directory, int resources)
      : catalog_(must(
            catalog::Catalog::open(directory / "catalog.db", catalog::read_kinds(kinds_text(), "kinds.yaml").kinds))),
        resources_(resources) {
    for (int begin = 0; begin < resources; begin += kBatch) {
      Observation seen{.scope = fmt::format("load {}", begin), .at = kNow, .resources = {}, .departures = {}};
      for (int number = begin; number < std::min(begin + kBatch, resources); ++number)
        seen.resources.push_back(resource(number, "running"));
      look(seen);
    }
  }
  // One resource is seen in another state.
  std::string change(int turn) {
    const int number = static_cast<int>((static_cast<int64_t>(turn) * 7'919) % resources_);
    Observation seen{.scope = fmt::format("load {}", number / kBatch * kBatch),
                     .at = kNow + Duration(++changes_),
                     .resources = {resource(number, turn % 2 == 0 ? "stopped" : "running")},
                     .departures = {}};
    look(seen);
    return seen.resources.front().id;
  }
  catalog::Catalog& catalog() { return *catalog_; }

 private:
  void look(const Observation& observation) {
    std::vector<Fact> facts;
    for (NewFact& fact : catalog_->diff(observation).facts)
      facts.push_back({.seq = ++seq_, .at = fact.at, .kind = fact.kind, .subject = fact.subject, .body = fact.body});
    must(catalog_->apply(facts));
  }

  std::unique_ptr<catalog::Catalog> catalog_;
  int resources_;
  int64_t changes_ = 0;
  Seq seq_ = 0;
};

class NoResources final : public ResourceSource {
 public:
  Result<std::optional<Resource>> find(const ResourceId&) const override { return std::nullopt; }
};

// Facts that come in while policies are decided, at a steady rate.
class Facts {
 public:
  explicit Facts(Fleet& fleet)
      : thread_([this, &fleet](const std::stop_token& stop) {
          const auto began = std::chrono::steady_clock::now();
          while (!stop.stop_requested()) {
            const auto due = began + std::chrono::microseconds(1'000'000 / kFactsPerSecond) * count_.load();
            std::this_thread::sleep_until(due);
            fleet.change(count_++ * 2 + 1);  // To what it is already: looked at, and nothing to write down.
            if (count_ % 2 == 0) fleet.change(count_);
          }
        }) {}
  int count() const { return count_; }

 private:
  std::atomic<int> count_ = 0;
  std::jthread thread_;
};

std::vector<Policy> policies() {
  std::vector<std::string> kinds;
  for (int number = 0; number < kKinds; ++number) kinds.push_back(kind_of(number));
  VerbSpec start;
  start.name = "vm.start";
  start.target_kinds = kinds;
  VerbSpec stop = start;
  stop.name = "vm.stop";
  const ReadPolicies read =
      read_policies(must(parse_yaml(policies_text(), "policies.yaml")), {.verbs = {&start, &stop}, .kinds = kinds});
  for (const Error& problem : read.problems) fmt::print(stderr, "{}\n", problem.to_string());
  if (!read.problems.empty()) std::exit(1);
  return read.policies;
}

struct Pass {
  size_t looked_at = 0;
  size_t selected = 0;
  size_t actions = 0;
};

void ask(const Policy& policy, const SqlSource& sql, const History& history, const SelectOptions& options, Pass& pass) {
  Situation situation;
  situation.candidates = must(select_candidates(policy, sql, NoResources(), {}, {}, kNow, options));
  situation.history = &history;
  situation.now = kNow;
  situation.in_force_since = kNow - std::chrono::hours(24);
  const Decision decision = decide(policy, situation);
  pass.looked_at += decision.verdicts.size();
  pass.selected += static_cast<size_t>(std::ranges::count_if(decision.verdicts, &Verdict::matched));
  if (decision.plan) pass.actions += decision.plan->actions.size();
}

// The same filters of Cloud Custodian on resources that it holds: seconds for one policy over 50,000.
constexpr const char* kPeer = R"py(
import time, json
from unittest import mock
from c7n.filters import ValueFilter
n = 50000
resources = [{'InstanceId': 'i-%08x' % i, 'State': {'Name': 'running'}, 'Tags': [{'Key': 'env', 'Value': 'prod' if i % 3 == 0 else 'dev'}, {'Key': 'team', 'Value': 'team%d' % (i % 40)}]} for i in range(n)]
filters = [ValueFilter({'type': 'value', 'key': 'tag:env', 'value': 'dev'}), ValueFilter({'type': 'value', 'key': 'tag:team', 'value': 'team4'}), ValueFilter({'type': 'value', 'key': 'State.Name', 'value': 'running'})]
for f in filters: f.annotate = False
began = time.process_time()
left = resources
for f in filters: left = f.process(left)
print(time.process_time() - began)
)py";

double peer_seconds(const std::string& python) {
  const std::string path = "/tmp/capstan-fleet-bench.py";
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (!file) return 0;
  std::fputs(kPeer, file);
  std::fclose(file);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(
      ::popen(fmt::format("'{}' {}", python, path).c_str(), "r"), ::pclose);
  std::array<char, 64> line{};
  const bool said = output && std::fgets(line.data(), line.size(), output.get());
  return said ? std::strtod(line.data(), nullptr) : 0;
}

double largest_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void run(int resources, const std::string& python) {
  std::string name = (std::filesystem::temp_directory_path() / "capstan-fleet-XXXXXX").string();
  const std::filesystem::path directory = ::mkdtemp(name.data());
  auto began = std::chrono::steady_clock::now();
  Fleet fleet(directory, resources);
  fmt::print("{} resources taken in         {:8.1f} s, {:.0f} MB\n", resources, seconds_since(began),
             largest_megabytes());
  const SystemClock clock;
  const catalog::SqlEngine sql(fleet.catalog(), clock);
  const std::vector<Policy> all = policies();
  const History history;

  Pass pass;
  {
    const Facts facts(fleet);
    began = std::chrono::steady_clock::now();
    for (const Policy& policy : all) ask(policy, sql, history, {.left_out = false}, pass);
    const double took = seconds_since(began);
    fmt::print(
        "{} policies over all            {:8.1f} s (target 30), {} looks, {} selected, {} actions; {:.0f} facts/s "
        "meanwhile\n",
        all.size(), took, pass.looked_at, pass.selected, pass.actions, facts.count() / took);
    const double peer = peer_seconds(python);
    if (peer > 0) {
      const double each = took / (static_cast<double>(resources) * kPoliciesOfKind);
      fmt::print("Cloud Custodian, the same filters  {:5.0f} ns a resource and policy, here {:.0f}: {:.1f} times\n",
                 peer / 50'000 * 1e9, each * 1e9, peer / 50'000 / each);
    } else {
      fmt::print("Cloud Custodian: not there (./dev bench installs it)\n");
    }
  }
  fmt::print("memory                           {:8.0f} MB\n", largest_megabytes());

  std::vector<double> took_ms;
  for (int turn = 0; turn < 2'000; ++turn) {
    const std::string changed = fleet.change(turn);
    began = std::chrono::steady_clock::now();
    for (const Policy& policy : all) {
      if (changed.starts_with(policy.select.kind + "/"))
        ask(policy, sql, history, {.left_out = false, .only = std::vector{changed}}, pass);
    }
    took_ms.push_back(seconds_since(began) * 1'000);
  }
  std::ranges::sort(took_ms);
  fmt::print("one change, all its policies     p50 {:.2f} ms, p99 {:.2f} ms (target 10)\n", took_ms[took_ms.size() / 2],
             took_ms[took_ms.size() * 99 / 100]);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace capstan::decide

int main(int count, char** arguments) {
  const char* home = std::getenv("HOME");
  capstan::decide::run(
      count > 1 ? std::atoi(arguments[1]) : 1'000'000,
      count > 2 ? arguments[2] : std::string(home ? home : "") + "/.cache/capstan/peers/custodian/bin/python");
}
