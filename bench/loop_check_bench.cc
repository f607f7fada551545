// Checks beside a fleet that changes: 10,000 random changes are checked while 1,000 facts a second are appended. The
// peer is the same stream of facts with nobody checking. Proves that checks leave no trace: the picture afterwards is
// the one that the catalog gives anew, and no fact is missing.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/file.h"
#include "catalog/sql_engine.h"
#include "foresee/object_documents.h"
#include "loop/loop.h"
#include "model/no_signals.h"
#include "model/object_mapping.h"

namespace {

using namespace capstan;
using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kChecks = 10'000;
constexpr auto kPeriod = milliseconds(10);
constexpr int kFactsEachPeriod = 10;  // One of them is waited for.
constexpr auto kAlone = std::chrono::seconds(20);

class NoLogs final : public LogSource {
 public:
  Result<std::vector<LogLine>> lines(const LogQuery&) const override { return std::vector<LogLine>(); }
  Result<std::vector<LogTemplate>> templates(const LogQuery&) const override { return std::vector<LogTemplate>(); }
};
class NoSamples final : public SampleSink {
 public:
  Status append(const std::vector<SeriesSample>&) override { return {}; }
};

// A loop with real stores in a directory of its own.
class Site {
 public:
  Site() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-bench-XXXXXX").string();
    directory_ = ::mkdtemp(name.data());
    ledger_ = ledger::Ledger::open(directory_ / "ledger.db", {}, clock_, random_).value();
    kinds_ = catalog::load_kinds(packs_).kinds;
    catalog_ = catalog::Catalog::open(directory_ / "catalog.db", kinds_).value();
    sql_ = std::make_unique<catalog::SqlEngine>(
        *catalog_, clock_,
        catalog::SqlEngineOptions{.ledger_path = ledger_->path(), .ledger_view = ledger::Ledger::view_sql("ledger")});
    detect::DetectorOptions detect_options;
    detect_options.asks_configuration_rules = false;
    detector_ = std::make_unique<detect::Detector>(detect::Detector::Sources{signals_, *sql_, logs_}, detect_options);
    foresight_ = std::make_unique<loop::Foresight>(loop::Foresight::Parts{
        .clock = clock_,
        .post = [this](loop::LoopMessage message) { return loop_->post_waiting(std::move(message)); }});
    loop_ = loop::Loop::create({.clock = clock_,
                                .ledger = *ledger_,
                                .catalog = *catalog_,
                                .samples = samples_,
                                .signals = signals_,
                                .sql = *sql_,
                                .verbs = verbs_,
                                .detector = *detector_,
                                .workers = workers_,
                                .watchers = watchers_,
                                .messengers = messengers_,
                                .foresight = foresight_.get()},
                               {}, loop::ConfigTree(packs_, directory_ / "config"))
                .value();
    loop_->start();
  }
  ~Site() {
    loop_->stop();
    foresight_->stop();
    std::filesystem::remove_all(directory_);
  }

  const std::vector<KindSpec>& kinds() const { return kinds_; }
  loop::Loop& loop() { return *loop_; }
  loop::Foresight& foresight() { return *foresight_; }
  const ledger::Ledger& ledger() const { return *ledger_; }
  const Clock& clock() const { return clock_; }
  const std::vector<std::filesystem::path>& packs() const { return packs_; }
  catalog::CatalogReader reader() const { return catalog_->reader().value(); }
  Time now() const { return clock_.now(); }
  std::vector<catalog::KeptResource> resources() {
    return loop_->ask([this] { return catalog_->all(); }).value();
  }

 private:
  const std::vector<std::filesystem::path> packs_ = {std::filesystem::path(CAPSTAN_SOURCE_DIR) / "packs"};
  std::filesystem::path directory_;
  SystemClock clock_;
  SystemRandom random_;
  NoSignals signals_;
  NoLogs logs_;
  NoSamples samples_;
  VerbRegistry verbs_;
  std::vector<KindSpec> kinds_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<catalog::SqlEngine> sql_;
  std::unique_ptr<detect::Detector> detector_;
  WorkerPool workers_{2, 100};
  WorkerPool watchers_{1, 1};
  WorkerPool messengers_{1, 100};
  std::unique_ptr<loop::Foresight> foresight_;
  std::unique_ptr<loop::Loop> loop_;
};

Observation look(const Site& site, std::vector<Resource> resources) {
  return {.scope = "kubernetes:check",
          .at = site.now(),
          .resources = std::move(resources),
          .relations = {},
          .complete_kinds = {},
          .departures = {}};
}

std::vector<Resource> resources_of(const Site& site, const std::vector<foresee::ObjectDocument>& documents) {
  const ObjectMapping mapping(site.kinds(), "kubernetes");
  std::vector<Resource> resources;
  for (const foresee::ObjectDocument& document : documents) {
    const std::string& version = document.object["apiVersion"].string_or_empty();
    const size_t slash = version.find('/');
    const std::string group = slash == std::string::npos ? "" : version.substr(0, slash);
    const KindSpec* kind = mapping.by_type(group, document.object["kind"].string_or_empty());
    if (kind == nullptr) continue;
    auto resource = ObjectMapping::to_resource(*kind, document.object, Json::object({{"cluster", "check"}}));
    if (resource) resources.push_back(*std::move(resource));
  }
  return resources;
}

// 1,000 facts a second: config maps that change, and one fact of ten whose way to the disk is timed.
class Stream {
 public:
  explicit Stream(Site& site) : site_(site), thread_([this](const std::stop_token& stop) { run(stop); }) {}
  std::vector<double> end() {
    thread_.request_stop();
    thread_.join();
    return std::move(delays_);
  }
  size_t appended() const { return appended_; }

 private:
  void run(const std::stop_token& stop) {
    for (auto next = Steady::now(); !stop.stop_requested(); next += kPeriod) {
      std::this_thread::sleep_until(next);
      std::vector<Resource> changed;
      for (int i = 1; i < kFactsEachPeriod; ++i) changed.push_back(changing(i));
      const auto began = Steady::now();
      if (!site_.loop().post_waiting(loop::Observed{look(site_, std::move(changed))})) return;
      NewFact fact{
          .at = site_.now(), .kind = "bench.tick", .subject = "bench", .body = Json::object(), .actor = "bench"};
      const auto written =
          site_.loop().ask([this, &fact] { return site_.loop().facts().append_one(std::move(fact)).has_value(); });
      delays_.push_back(std::chrono::duration<double, std::milli>(Steady::now() - began).count());
      if (written && *written) ++appended_;
    }
  }
  Resource changing(int number) {
    return {.id = fmt::format("k8s_config_map/check/shop/bench{}", number),
            .kind = "k8s_config_map",
            .name = fmt::format("bench{}", number),
            .labels = {},
            .fields = Json::object({{"cluster", "check"},
                                    {"metadata", Json::object({{"namespace", "shop"}})},
                                    {"data", Json::object({{"count", std::to_string(++count_)}})}})};
  }

  Site& site_;
  std::vector<double> delays_;
  std::atomic<size_t> appended_ = 0;
  uint64_t count_ = 0;
  std::jthread thread_;
};

void print(std::string_view what, std::vector<double> times) {
  std::ranges::sort(times);
  fmt::print("{:<36} p50 {:7.2f} ms   p99 {:7.2f} ms   most {:7.2f} ms   ({})\n", what, times[times.size() / 2],
             times[times.size() * 99 / 100], times.back(), times.size());
}

// An object gone, or without one of its parts.
foresee::ObjectDocument random_change(const std::vector<foresee::ObjectDocument>& objects, SeededRandom& random) {
  foresee::ObjectDocument change = objects[random.below(objects.size())];
  if (random.below(4) == 0) {
    change.object.set("$patch", "delete");
    return change;
  }
  for (const char* part : {"spec", "metadata"}) {
    if (!change.object[part].is_object() || change.object[part].members().empty()) continue;
    Json stripped = change.object[part];
    auto& members = stripped.mutable_members();
    auto member = members.begin();
    std::advance(member, static_cast<long>(random.below(members.size())));
    if (member->first != "name" && member->first != "namespace") members.erase(member);
    change.object.set(part, std::move(stripped));
    if (random.below(2) == 0) break;
  }
  return change;
}

std::string hash_of(loop::Foresight& foresight) {
  return foresight.ask<std::string>([](const loop::Foresight::Bench& bench) { return bench.picture.content_hash(); })
      .value_or("none");
}

// Of a picture made of the catalog as it is.
std::string hash_from_scratch(Site& site) {
  loop::Foresight fresh({.clock = site.clock(), .post = [](loop::LoopMessage) { return true; }});
  const bool begun = fresh.begin({.resources = site.resources(),
                                  .kinds = site.kinds(),
                                  .relations = catalog::load_relations(site.packs()).relations,
                                  .rules = {}},
                                 site.reader());
  return begun ? hash_of(fresh) : "none";
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : kChecks;
  Site site;
  const std::vector<foresee::ObjectDocument> objects =
      foresee::read_objects(std::filesystem::path(CAPSTAN_SOURCE_DIR) / "tests/check/healthy").documents;
  (void)site.loop().post_waiting(loop::Observed{look(site, resources_of(site, objects))});
  while (hash_of(site.foresight()) == "none") {
    std::this_thread::sleep_for(milliseconds(50));
  }
  fmt::print("{} objects\n", objects.size());
  {
    Stream stream(site);
    std::this_thread::sleep_for(kAlone);
    print("a fact, nobody checking (peer)", stream.end());
  }
  Stream stream(site);
  SeededRandom random(1);
  std::vector<double> checks;
  for (int i = 0; i < count; ++i) {
    const auto began = Steady::now();
    auto report =
        site.foresight().check({random_change(objects, random)}, {.cluster = "check", .space = "shop", .assumed = {}});
    if (!report) fmt::print("a check failed: {}\n", report.error().message);
    checks.push_back(std::chrono::duration<double, std::milli>(Steady::now() - began).count());
  }
  const std::vector<double> delays = stream.end();
  print("a fact beside checks", delays);
  print("a check beside 1,000 facts a second", checks);
  std::this_thread::sleep_for(std::chrono::seconds(1));  // What was observed last has been followed.
  const size_t kept = site.ledger().by_kind("bench.tick", Time(), 1'000'000).value().size();
  fmt::print("facts that were acknowledged and are missing: {}\n",
             stream.appended() > kept ? stream.appended() - kept : 0);
  const std::string live = hash_of(site.foresight());
  fmt::print("the picture after the checks {} the one made anew\n",
             live == hash_from_scratch(site) ? "equals" : "DIFFERS FROM");
}
