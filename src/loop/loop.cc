#include "loop/loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "loop/mute_list.h"
#include "loop/removed_records.h"
#include "loop/world_view.h"
#include "tell/compose.h"

namespace capstan::loop {
namespace {

constexpr size_t kReplayBatch = 5'000;
// Findings of before a restart that nobody reports again are over; rules need their `for` and their windows first.
constexpr Duration kClaimTime = std::chrono::minutes(2);
constexpr size_t kMostHelpedKept = 1'000;
constexpr Duration kDeriveEvery = std::chrono::seconds(5);
constexpr Duration kNoticesEvery = std::chrono::minutes(1);
constexpr Duration kForgetEvery = std::chrono::hours(1);
constexpr Duration kNewsTime = std::chrono::hours(1);     // After a restart, what is older is no news.
constexpr Duration kPatience = std::chrono::seconds(10);  // With actions under way when Capstan is stopped,
constexpr Duration kLastWords = std::chrono::seconds(3);  // and once they have been told to end.

}  // namespace

class Loop::CatalogResources final : public ResourceSource {
 public:
  explicit CatalogResources(const catalog::Catalog& catalog) : catalog_(catalog) {}
  Result<std::optional<Resource>> find(const ResourceId& id) const override {
    const catalog::CatalogReader reader = TRY(catalog_.reader());
    std::optional<catalog::KnownResource> known = TRY(reader.resource(id));
    if (!known) return std::optional<Resource>();
    return std::optional(std::move(known->resource));
  }

 private:
  const catalog::Catalog& catalog_;
};

Loop::Loop(LoopParts parts, LoopOptions options, ConfigTree config)
    : parts_(parts),
      options_(options),
      config_(std::move(config)),
      inbox_(options.inbox),
      facts_(parts.ledger, parts.catalog),
      sources_({.clock = parts.clock, .facts = facts_, .money = parts.money}),
      workshop_({.workers = parts.workers,
                 .may_act = options_.lead ? options_.lead->may_act : nullptr,
                 .done = [this](act::WorkResult result) { return inbox_.put(Worked{std::move(result)}); }}),
      resources_(std::make_unique<CatalogResources>(parts.catalog)),
      began_(parts.clock.monotonic()),
      started_(parts.clock.now()) {
  outbox_ = std::make_unique<tell::Outbox>(
      options.tell,
      [this](std::function<void(const std::stop_token&)> work) {
        return parts_.messengers.try_run([this, work = std::move(work)] {
          if (workshop_.may_act()) work(workshop_.token());
        });
      },
      [this](tell::Attempt attempt) { (void)inbox_.put(Delivered{std::move(attempt)}); });
  freezes_ = std::make_unique<FreezeBoard>(parts.verbs, *resources_);
  gates_ = std::make_unique<StartGates>(*freezes_, parts.catalog);
  executor_ = std::make_unique<act::Executor>(act::Surroundings{.facts = facts_,
                                                                .clock = parts.clock,
                                                                .runner = workshop_,
                                                                .verbs = parts.verbs,
                                                                .resources = *resources_,
                                                                .sql = parts.sql,
                                                                .signals = parts.signals,
                                                                .runs = parts.runs,
                                                                .gate = gates_.get()},
                                              options.act);
  incidents_ = std::make_unique<IncidentDesk>(
      IncidentDesk::Parts{.facts = facts_, .executor = *executor_, .outbox = *outbox_, .verbs = parts.verbs},
      options.explain);
  policies_ = std::make_unique<PolicyBoard>(PolicyBoard::Parts{.facts = facts_,
                                                               .ledger = parts.ledger,
                                                               .executor = *executor_,
                                                               .verbs = parts.verbs,
                                                               .resources = *resources_,
                                                               .sql = parts.sql,
                                                               .signals = parts.signals,
                                                               .clock = parts.clock,
                                                               .money = parts.money,
                                                               .freezes = freezes_.get()});
  gates_->set_policies(*policies_);
  if (parts_.money != nullptr) facts_.observe([this](const Fact& fact) { parts_.money->apply(fact); });
  if (parts_.foresight != nullptr) {
    picture_ = std::make_unique<PictureFeed>(*parts_.foresight, parts_.catalog);
    facts_.observe([this](const Fact& fact) { picture_->note(fact); });
  }
  facts_.observe([this](const Fact& fact) {
    policies_->apply(fact);
    freezes_->apply(fact);
    if (fact.kind == fact_kind::kActionFinished &&
        fact.body["state"].string_or_empty() == to_string(ActionState::kSucceeded)) {
      if (helped_.size() >= kMostHelpedKept) helped_.clear();
      helped_[fact.body["plan_id"].string_or_empty()] = fact.seq;
    }
    plan_news_.note(fact);
    plan_cards_.note(fact);
  });
}

Loop::~Loop() { stop(); }

Result<std::unique_ptr<Loop>> Loop::create(LoopParts parts, LoopOptions options, ConfigTree config) {
  std::unique_ptr<Loop> loop(new Loop(parts, options, std::move(config)));
  TRY(loop->restore());
  return loop;
}

Status Loop::restore() {
  TRY(facts_.catch_up());
  // The executor, the policies and the outbox rebuild what they know from the facts that concern them.
  for (Seq next = 1; next <= parts_.ledger.last_seq();) {
    const std::vector<Fact> facts = TRY(parts_.ledger.read_from(next, kReplayBatch));
    if (facts.empty()) break;
    executor_->restore(facts);
    outbox_->restore(facts);
    for (const Fact& fact : facts) {
      policies_->apply(fact);
      freezes_->apply(fact);
      if (parts_.money != nullptr) parts_.money->apply(fact);
      // What a crash kept from being told; the outbox knows what has been.
      if (parts_.clock.now() - fact.at < kNewsTime) plan_news_.note(fact);
      plan_cards_.note(fact);
    }
    next = facts.back().seq + 1;
  }
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  std::vector<Finding> open;
  for (const catalog::KnownFinding& known : TRY(catalog.open_findings())) {
    findings_.restore(known.finding, known.seq);
    open.push_back(known.finding);
  }
  parts_.detector.restore(open);
  TRY(restore_incidents(catalog));
  return {};
}

Status Loop::restore_incidents(const catalog::CatalogReader& catalog) {
  std::vector<IncidentDesk::Open> open;
  for (const catalog::KnownIncident& known : TRY(catalog.open_incidents())) open.push_back({known.incident, known.seq});
  const Table highest =
      TRY(parts_.sql.query("SELECT max(CAST(substr(id, 5) AS INTEGER)) FROM incident", parts_.clock.now(), {}));
  int64_t last_number = 0;
  if (!highest.rows.empty()) {
    if (const int64_t* number = std::get_if<int64_t>(&highest.rows[0][0])) last_number = *number;
  }
  incidents_->restore(std::move(open), last_number);
  return {};
}

bool Loop::post(LoopMessage message) { return inbox_.try_put(std::move(message)); }

void Loop::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Loop::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  workshop_.request_stop();
  inbox_.close();
}

void Loop::cancel_work() { workshop_.request_stop(); }
int Loop::work_under_way() const { return workshop_.under_way(); }

void Loop::run(const std::stop_token& stop) {
  Json started = Json::object({{"version", options_.version}});
  if (options_.lead) {
    started.set("node", options_.lead->node);
    started.set("epoch", static_cast<int64_t>(options_.lead->epoch));
  }
  write_own_fact(fact_kind::kStarted, std::move(started));
  while (!stop.stop_requested()) {
    const Duration wait = std::clamp(next_tick_ - parts_.clock.monotonic(), Duration(0), options_.tick);
    if (std::optional<LoopMessage> message = inbox_.take_within(stop, wait)) handle(std::move(*message));
    step();
  }
  finish_actions();
}

// Nothing new starts: what starts things is the tick.
void Loop::finish_actions() {
  executor_->call_back_all("Capstan is stopping", parts_.clock.now());
  if (executor_->busy()) log::info("loop", "stopping: waiting for the actions that still run");
  if (!take_results_until(parts_.clock.monotonic() + kPatience)) {
    log::warning("loop", "stopping: the actions that still run are cancelled");
    workshop_.request_stop();
    if (!take_results_until(parts_.clock.monotonic() + kLastWords))
      log::warning("loop", "stopped without knowing how an action ended; it is looked up at the next start");
  }
  write_own_fact(fact_kind::kStopped, Json::object({{"version", options_.version}}));
  facts_.announce();
}

void Loop::write_own_fact(std::string_view kind, Json body) {
  const auto written =
      facts_.append_one({parts_.clock.now(), std::string(kind), "capstan", std::move(body), 0, "capstan"});
  if (!written) log::warning("loop", fmt::format("cannot write {} down: {}", kind, written.error().to_string()));
}

bool Loop::take_results_until(Duration deadline) {
  while (executor_->busy()) {
    const Duration left = deadline - parts_.clock.monotonic();
    if (left <= Duration(0)) return false;
    if (std::optional<LoopMessage> message = inbox_.take_within({}, left)) handle(std::move(*message));
  }
  return true;
}

void Loop::step() {
  // A batch: as many messages as wait now, then one announcement.
  for (size_t left = inbox_.size(); left > 0; --left) {
    std::optional<LoopMessage> message = inbox_.try_take();
    if (!message) break;
    handle(std::move(*message));
  }
  if (parts_.clock.monotonic() >= next_tick_) {
    next_tick_ = parts_.clock.monotonic() + options_.tick;
    tick();
  }
  // What waited for an action that has just ended does not wait for the tick.
  if (std::exchange(worked_, false)) executor_->tick(parts_.clock.now());
  if (picture_) sources_.report("picture", picture_->update());
  facts_.announce();
  sources_.report("ledger", parts_.ledger.maintain(!inbox_.empty()));
  sources_.report("catalog", parts_.catalog.maintain(!inbox_.empty()));
}

void Loop::handle(LoopMessage message) {
  std::visit([this](auto&& received) { take(std::forward<decltype(received)>(received)); }, std::move(message));
}

void Loop::take(Observed observed) {
  catalog::Difference difference = parts_.catalog.diff(observed.observation);
  Status status;
  if (!difference.facts.empty()) {
    if (auto written = facts_.append(difference.facts); !written) status = fail(written.error());
  }
  if (status) status = parts_.catalog.update_volatile(observed.observation.resources);
  if (status && !difference.problems.empty()) status = fail(difference.problems.front());
  sources_.note_look(observed.observation, status);
}

void Loop::take(Detected detected) {
  detecting_ = false;
  const Seq before = parts_.ledger.last_seq();
  Status status = parts_.samples.append(detected.samples);
  if (const Status taken = take_findings(detected.rounds); !taken) status = taken;
  if (status && !detected.problems.empty()) status = fail(detected.problems.front());
  sources_.report("detect", status);
  // Who waits for a message does not wait for the next tick.
  if (parts_.ledger.last_seq() == before) return;
  if (auto catalog = parts_.catalog.reader()) respond(std::move(*catalog), parts_.clock.now());
}

Status Loop::take_round(const Findings& round) {
  const Seq before = parts_.ledger.last_seq();
  TRY(take_findings({round}));
  if (parts_.ledger.last_seq() == before) return {};
  respond(TRY(parts_.catalog.reader()), parts_.clock.now());
  return {};
}

Status Loop::take_findings(const std::vector<Findings>& rounds) {
  Status status;
  for (const Findings& round : rounds) {
    const Status taken = findings_.update(
        round,
        [this](const std::string& finding) {
          Seq by = 0;
          for (const std::string& plan : incidents_->plans_of_finding(finding)) {
            if (const auto helped = helped_.find(plan); helped != helped_.end()) by = std::max(by, helped->second);
          }
          return by;
        },
        facts_);
    if (!taken) status = taken;
  }
  return status;
}

void Loop::take(Foreseen foreseen) {
  const Seq before = parts_.ledger.last_seq();
  take(Observed{std::move(foreseen.relations)});
  Status status = take_findings(foreseen.rounds);
  if (!status) picture_->findings_lost();
  if (status && !foreseen.problems.empty()) status = fail(foreseen.problems.front());
  sources_.report("foresight", status);
  if (parts_.ledger.last_seq() == before || foreseen.rounds.empty()) return;
  if (auto catalog = parts_.catalog.reader()) respond(std::move(*catalog), parts_.clock.now());
}

// What the outside said is shown as it is written down: without the secrets that it may repeat. The state before is
// what undoing needs, byte by byte.
void Loop::mask(act::WorkResult& result) const {
  if (auto* effect = std::get_if<act::Effect>(&result.result)) {
    facts_.mask(effect->performed.says);
    facts_.mask(effect->performed.result);
  } else if (auto* prepared = std::get_if<act::Prepared>(&result.result)) {
    facts_.mask(prepared->says);
  } else if (auto* checked = std::get_if<act::Checked>(&result.result)) {
    facts_.mask(checked->says);
  }
}

void Loop::take(Worked worked) {
  mask(worked.result);
  executor_->handle(std::move(worked.result), parts_.clock.now());
  worked_ = true;
}

void Loop::take(Delivered delivered) {
  sources_.report("outbox", outbox_->finished(delivered.attempt, parts_.clock.now(), facts_));
}

void Loop::take(Command command) { command.run(); }

void Loop::tick() {
  const Time now = parts_.clock.now();
  if (config_.refresh()) {
    reload_wanted_ = true;
    config_report_.note_changed(config_.changed());
  }
  if (reload_wanted_ && !detecting_) reload();
  if (picture_) picture_->retry();
  take_records(now);
  derive(now);
  forget_history(now);
  if (parts_.clock.monotonic() - began_ > kClaimTime)
    sources_.report("findings", findings_.resolve_unclaimed(now, facts_));

  sources_.report("telemetry", parts_.samples.append(finding_series(now)));

  auto catalog = parts_.catalog.reader();
  if (!catalog) return sources_.report("catalog", fail(catalog.error()));
  policies_->decide(*catalog, now);
  executor_->tick(now);
  send_notices(now);
  send_reports(now);
  sources_.write_limits(now);
  respond(std::move(*catalog), now);
  if (!detecting_) detect();
}

void Loop::take_records(Time now) {
  if (!look_at_records_) return;
  const auto catalog = parts_.catalog.reader();
  if (!catalog) return;  // Told with the rest of the tick.
  Result<std::optional<Observation>> seen = look_at_records_(*catalog, now);
  if (!seen) return sources_.note(std::string(kRecordScope), seen.error().to_string(), now);
  if (*seen) take(Observed{std::move(**seen)});
}

void Loop::respond(catalog::CatalogReader catalog, Time now) {
  const Result<MuteList> mutes = MuteList::read(catalog, now);
  sources_.report("mutes", mutes ? Status() : fail(mutes.error()));
  const WorldView world(now, parts_.signals, std::move(catalog), parts_.ledger, parts_.manual);
  sources_.report("incidents", incidents_->update(
                                   findings_, mutes ? mutes->heard(findings_.holding()) : findings_.holding(), world));
  const Status told = plan_news_.send(*executor_, *outbox_, page_, now, facts_);
  const Status revised = plan_cards_.revise(*executor_, *outbox_, now, facts_);
  const Status sent = outbox_->tick(now, facts_);
  sources_.report("outbox", !told ? told : !revised ? revised : sent);
}

// What takes long on the loop's thread comes seldom.
Duration Loop::rest_after(Duration began, Duration every) const {
  constexpr int kRestFactor = 20;
  const Duration now = parts_.clock.monotonic();
  return now + std::max(every, kRestFactor * (now - began));
}

std::vector<SeriesSample> Loop::finding_series(Time now) {
  std::vector<SeriesSample> series;
  const auto add = [&](const Finding& finding, double value) {
    series.push_back(
        {Labels({{std::string(kMetricName), "capstan_finding"}, {"finding", finding.id}, {"rule", finding.rule}}),
         {to_unix_ms(now), value}});
  };
  for (const auto& [id, entry] : findings_.entries()) add(entry.finding, 1);
  for (const Finding& finding : findings_.take_ended()) add(finding, stale_nan());
  return series;
}

void Loop::send_notices(Time now) {
  if (parts_.clock.monotonic() < next_notices_) return;
  const Duration began = parts_.clock.monotonic();
  const std::vector<decide::Notice> notices = policies_->notices(now);
  next_notices_ = rest_after(began, kNoticesEvery);
  for (const decide::Notice& notice : notices) {
    sources_.report(
        "outbox",
        outbox_->queue(tell::compose_notice(notice.id, notice.resource, notice.to, notice.says, page_), now, facts_));
  }
}

void Loop::send_reports(Time now) {
  const ReportDesk::Due due = reports_.due(parts_.sql, now);
  for (const Draft& draft : due.drafts) sources_.report("outbox", outbox_->queue(draft, now, facts_));
  for (const Error& problem : due.problems) sources_.report("reports", fail(problem));
}

void Loop::detect() {
  detecting_ = parts_.watchers.try_run([this, now = parts_.clock.now()] {
    detect::Detector::Round round = parts_.detector.evaluate(now);
    Detected detected{.rounds = std::move(round.findings), .samples = std::move(round.samples), .problems = {}};
    for (const detect::RuleHealth& health : parts_.detector.health()) {
      if (!health.error.empty()) {
        detected.problems.push_back(
            {ErrorCode::kInternal, fmt::format("rule {}: {}", health.rule, health.error), {health.file, 0, 0}});
      }
    }
    (void)inbox_.put(std::move(detected));
  });
}

void Loop::reload() {
  reload_wanted_ = false;
  const Time now = parts_.clock.now();
  std::vector<Error> problems;
  // Of a file that cannot be read any more its last version is in force: what was wrong with that is not what is there.
  const auto add = [&](std::vector<Error> more) {
    std::erase_if(more, [&](const Error& error) { return config_.problems().contains(error.where.file); });
    problems.insert(problems.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  for (const auto& [path, problem] : config_.problems()) problems.push_back(problem);
  add(load_kinds());
  if (apply_settings_) add(apply_settings_(config_));

  std::vector<detect::DetectFile> rule_files;
  for (const auto& [path, file] : config_.files()) {
    if (file.has(DocumentKind::kAlerts))
      rule_files.push_back({detect::DetectFile::Kind::kAlerts, path.string(), file.text_of(DocumentKind::kAlerts)});
    if (file.has(DocumentKind::kRule))
      rule_files.push_back({detect::DetectFile::Kind::kSqlRules, path.string(), file.text_of(DocumentKind::kRule)});
  }
  add(parts_.detector.load(rule_files, parts_.catalog.kinds()));
  if (picture_) picture_->begin(relations_, parts_.detector.configuration_rules());
  std::vector<std::string_view> rule_names;
  for (const detect::SqlRule& rule : configuration_rules()) rule_names.emplace_back(rule.name);
  if (check_rule_names_) add(check_rule_names_(rule_names));

  add(policies_->load(config_, parts_.catalog.kinds(), now));
  add(freezes_->load(config_, policies_->vocabulary(), now));
  const auto kept = facts_.append(freezes_->take_news());
  sources_.report("freezes", kept ? Status() : fail(kept.error()));
  add(reports_.load(config_, parts_.sql));
  const Status written = config_report_.write(config_, problems, facts_, now);
  if (!written) sources_.report("config", written);
  problems_ = std::move(problems);
}

std::vector<Error> Loop::load_kinds() {
  product::LoadedProducts products = read_products(config_);
  auto [kinds, problems] = catalog::read_kinds(kind_files(config_), products.products);
  std::ranges::move(products.problems, std::back_inserter(problems));
  relations_.clear();
  for (const auto& [path, file] : config_.files()) {
    if (file.has(DocumentKind::kRelation)) {
      const std::string pack = path.parent_path().filename().string();
      catalog::LoadedRelations read =
          catalog::read_relations(file.text_of(DocumentKind::kRelation), path.string(), pack);
      std::ranges::move(read.relations, std::back_inserter(relations_));
      std::ranges::move(read.problems, std::back_inserter(problems));
    }
  }
  if (const Status set = parts_.catalog.set_kinds(std::move(kinds)); !set) problems.push_back(set.error());
  return problems;
}

void Loop::derive(Time now) {
  if (relations_.empty()) plan_news_.related_up_to(std::numeric_limits<Seq>::max());
  if (relations_.empty() || parts_.clock.monotonic() < next_derivation_) return;
  const Duration began = parts_.clock.monotonic();
  const Seq seen = parts_.ledger.last_seq();
  const catalog::DerivedRelations derived = catalog::derive(relations_, parts_.sql, parts_.catalog.kinds(), now);
  next_derivation_ = rest_after(began, kDeriveEvery);
  for (const Observation& observation : derived.observations) take(Observed{observation});
  plan_news_.related_up_to(seen);
  sources_.report("relations", derived.problems.empty() ? Status() : fail(derived.problems.front()));
}

void Loop::forget_history(Time now) {
  if (parts_.clock.monotonic() < next_forgetting_) return;
  next_forgetting_ = parts_.clock.monotonic() + kForgetEvery;
  sources_.report("history", parts_.catalog.forget_history(now - history_retention_));
}

const std::vector<detect::SqlRule>& Loop::configuration_rules() const {
  static const std::vector<detect::SqlRule> none;
  return picture_ ? picture_->rules() : none;
}

void Loop::set_page(std::string page) {
  page_ = page;
  incidents_->set_page(std::move(page));
}

}  // namespace capstan::loop
