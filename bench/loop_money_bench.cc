// How long it takes to meter 45 accounts with 500 items over 30 days of core time, and to say what their policy saved.
// The peer is SQLite alone: hours of running by a query over the history, without prices, schedules or days.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <vector>

#include "base/clock.h"
#include "catalog/catalog.h"
#include "catalog/pack_kinds.h"
#include "catalog/sql_engine.h"
#include "loop/money_desk.h"
#include "must.h"

namespace {

using namespace capstan;

constexpr int kAccounts = 45;
constexpr int kItems = 500;
constexpr int kDays = 30;
constexpr Duration kHour{3'600'000};

struct Took {
  double wall_ms;
  double cpu_ms;
};

Took time_of(auto&& work) {
  const auto began = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  work();
  const std::chrono::duration<double, std::milli> wall = std::chrono::steady_clock::now() - began;
  return {wall.count(), static_cast<double>(std::clock() - cpu) * 1000 / CLOCKS_PER_SEC};
}

void print(std::string_view what, const Took& took, const Took& peer) {
  fmt::print("{:<30}{:8.1f} ms {:8.1f} ms of processor{:8.2f} times the peer\n", what, took.wall_ms, took.cpu_ms,
             took.cpu_ms / peer.cpu_ms);
}

class Site {
 public:
  explicit Site(const std::filesystem::path& directory)
      : catalog_(must(catalog::Catalog::open(
            directory / "catalog.db",
            catalog::read_kinds("kind: trial_account\ncolumns: {mail: {type: text}}\n---\nkind: modeler_item\ncolumns: "
                                "{status: {type: text}, item_id: {type: text}, path: {type: text}}\n",
                                "kinds.yaml")
                .kinds))) {}

  void look(const Observation& observation) {
    std::vector<Fact> facts;
    for (NewFact& fact : catalog_->diff(observation).facts)
      facts.push_back({.seq = ++seq_, .at = fact.at, .kind = fact.kind, .subject = fact.subject, .body = fact.body});
    must(catalog_->apply(facts));
  }
  void all_are(std::string_view status, Time at) {
    Observation seen{.scope = "service:modeler/modeler_item", .at = at, .resources = {}, .departures = {}};
    for (int number = 0; number < kItems; ++number) {
      const std::string id = fmt::format("ws-{:05}", number);
      seen.resources.push_back({.id = "modeler_item/" + id,
                                .kind = "modeler_item",
                                .name = "workspace " + id,
                                .labels = {{"plan", "trial"}},
                                .fields = Json::object({{"status", status}, {"item_id", id}, {"path", "workspaces"}})});
      const std::string owner = fmt::format("trial_account/user{:02}", number % kAccounts);
      seen.relations.push_back({.source = "modeler_item/" + id, .kind = "belongs_to", .target = owner});
    }
    look(seen);
  }
  catalog::Catalog& catalog() { return *catalog_; }

 private:
  std::unique_ptr<catalog::Catalog> catalog_;
  Seq seq_ = 0;
};

}  // namespace

int main() {
  std::string name = (std::filesystem::temp_directory_path() / "capstan-money-XXXXXX").string();
  const std::filesystem::path directory = mkdtemp(name.data());
  Site site(directory);
  const Time begin = *parse_time("2026-11-02T00:00:00+09:00");
  site.all_are("STOPPED", begin);
  for (int day = 0; day < kDays; ++day) {
    site.all_are("RUNNING", begin + (day * 24 + 9) * kHour);
    site.all_are("STOPPED", begin + (day * 24 + 18) * kHour);
  }
  const VirtualClock clock(begin + kDays * 24 * kHour);
  const catalog::SqlEngine sql(site.catalog(), clock);

  loop::MoneyBook book;
  decide::Schedule schedule;
  schedule.add(must(decide::Window::parse("Mon-Fri 09:00-18:00 Asia/Seoul", std::nullopt)));
  book.set_policies({{.name = "core-time", .help = "", .schedule = schedule, .says = ""}});
  std::map<ResourceId, std::string> about;
  for (int number = 0; number < kItems; ++number) about.emplace(fmt::format("modeler_item/ws-{:05}", number), "");
  for (const NewFact& fact : book.cover("core-time", about, begin))
    book.apply({.seq = 1, .at = fact.at, .kind = fact.kind, .subject = fact.subject, .body = fact.body});
  loop::MoneyDesk desk({.clock = clock, .catalog = site.catalog(), .sql = sql, .book = book});
  if (!desk.load({{"prices.yaml",
                   "price: items\ncurrency: USD\nof: {kind: modeler_item}\nwhile: \"status = 'RUNNING'\"\nper_hour: "
                   "0.48\nstopped: {per_hour: 0.03}\n"}})
           .empty())
    return 1;

  const Took first = time_of([&] { (void)must(desk.savings({.since = "30d"})); });
  const Took again = time_of([&] { (void)must(desk.savings({.since = "30d"})); });
  const Took peer = time_of([&] {
    (void)must(
        sql.query("SELECT id, sum(unix_seconds(coalesce(valid_to, now)) - unix_seconds(valid_from)) FROM "
                  "resource_history WHERE kind = 'modeler_item' AND json_extract(fields, '$.status') = 'RUNNING' "
                  "GROUP BY id",
                  clock.now(), {}));
  });
  fmt::print("{} versions of {} items of {} accounts, {} days\n", kItems * (2 * kDays + 1), kItems, kAccounts, kDays);
  print("hours alone, in SQL (peer)", peer, peer);
  print("savings, the first question", first, peer);
  print("savings, every other", again, peer);
  std::filesystem::remove_all(directory);
  return again.cpu_ms < 200 ? 0 : 1;
}
