// How the parts of a running Capstan are made, each from those before it.
#include <fmt/format.h>

#include "base/file.h"
#include "base/log.h"
#include "connect/host/host_verbs.h"
#include "connect/kubernetes/verbs/cluster_verbs.h"
#include "loop/own_metrics.h"
#include "loop/running.h"
#include "loop/secret_service.h"

namespace capstan::loop {
namespace {

// Each may be some hundred objects of a list, parsed: more waits at the API server.
constexpr size_t kMostLooksWaiting = 8;

constexpr size_t kWorkers = 64;  // Most of them wait for others: a cluster takes minutes.
constexpr size_t kMessengers = 2;
constexpr size_t kWorkLimit = 1'000;
constexpr size_t kTableFunctionRows = 10'000;
constexpr size_t kLargestFact = 1 << 20;  // A plan of two thousand actions.
constexpr Duration kHostRuleInterval{1'000};
constexpr std::string_view kProgramRuns = "program-runs";

// Nothing for a node that shares its ledger with nobody.
std::string lead_metric(const std::optional<Lead>& lead) {
  if (!lead) return "";
  return fmt::format("# HELP capstan_leads Whether this node leads.\n# TYPE capstan_leads gauge\ncapstan_leads {}\n",
                     lead->may_act() ? 1 : 0);
}

}  // namespace

Status Running::open_stores(const ledger::DataDirectory& directory, const ConfigTree& config) {
  ledger_ = TRY(ledger::Ledger::open(directory.file("ledger.db"),
                                     {.body_limit = kLargestFact,
                                      .authority = options_.lead ? options_.lead->authority : nullptr,
                                      .copies = options_.lead.has_value()},
                                     clock_, random_));
  catalog_ = TRY(catalog::Catalog::open(directory.file("catalog.db"),
                                        catalog::read_kinds(kind_files(config), read_products(config).products).kinds));
  metrics_ =
      TRY(telemetry::MetricStore::open(directory.file("metrics"), {.retention = settings_.metric_retention}, clock_));
  logs_ = TRY(telemetry::LogStore::open(directory.file("logs"), {.retention = settings_.log_retention}, clock_));
  return {};
}

// The one SQL over everything that is known.
Status Running::open_tables() {
  engine_ = std::make_unique<telemetry::PromqlEngine>(*metrics_, clock_);
  signals_ = std::make_unique<telemetry::PromqlSignalSource>(*engine_);
  promql_function_ = std::make_unique<telemetry::PromqlTableFunction>(*engine_, kTableFunctionRows);
  logs_function_ = std::make_unique<telemetry::LogTableFunction>(*logs_, kTableFunctionRows);
  seen_in_log_ = std::make_unique<product::SeenInLogTable>(*logs_, products_);
  setting_metrics_ = std::make_unique<product::SettingMetricsTable>(*signals_, products_);
  const catalog::SqlEngineOptions sql_options{.ledger_path = ledger_->path(),
                                              .ledger_view = ledger::Ledger::view_sql("ledger")};
  plain_sql_ = std::make_unique<catalog::SqlEngine>(*catalog_, clock_, sql_options);
  services_ = std::make_unique<ServiceDesk>(
      ServiceDesk::Parts{.clock = clock_, .catalog = *catalog_, .sql = *plain_sql_, .engine = *engine_});
  calls_function_ = std::make_unique<ServiceCallsFunction>(*services_);
  money_ = std::make_unique<MoneyDesk>(
      MoneyDesk::Parts{.clock = clock_, .catalog = *catalog_, .sql = *plain_sql_, .book = money_book_});
  cost_function_ = std::make_unique<CostFunction>(*money_, false);
  daily_cost_function_ = std::make_unique<CostFunction>(*money_, true);
  savings_function_ = std::make_unique<SavingsFunction>(*money_);
  sql_ = std::make_unique<catalog::SqlEngine>(*catalog_, clock_, sql_options);
  TRY(sql_->add(*promql_function_));
  TRY(sql_->add(*logs_function_));
  TRY(sql_->add(manual_function_));
  TRY(sql_->add(*calls_function_));
  TRY(sql_->add(*cost_function_));
  TRY(sql_->add(*daily_cost_function_));
  TRY(sql_->add(*savings_function_));
  TRY(sql_->add(*seen_in_log_));
  TRY(sql_->add(*setting_metrics_));
  return {};
}

void Running::open_secrets(const ledger::DataDirectory& directory) {
  secret_desk_ = std::make_unique<SecretDesk>(
      SecretDesk::Parts{.directory = directory.path(),
                        .clock = clock_,
                        .random = random_,
                        .http = http_,
                        .references = secrets_,
                        .heard = [this](std::string_view secret) { known_secrets_.add(secret); },
                        .report = [this](std::string error) { report("vault", std::move(error)); }});
  secret_desk_->apply(settings_.secrets, settings_.vault);
  secret_questions_ = std::make_unique<secret::SecretQuestions>(secret::SecretQuestions::Parts{
      .clock = clock_,
      .store = [this] { return secret_desk_->store(); },
      .rekey = [this](std::string_view key) { return secret_desk_->rekey(key); },
      .generate = [this](std::string_view policy) { return passwords_.make(std::string(policy)); },
      .record = [this](NewFact fact) { return desk_->record(std::move(fact)); }});
}

// What acts: verbs, and who performs them.
Status Running::open_hands(const ledger::DataDirectory& directory) {
  const std::filesystem::path output = directory.file(kServiceOutput);
  std::error_code error;
  std::filesystem::create_directories(output, error);
  if (error) return fail(errno_code(error.value()), "cannot create " + output.string() + ": " + error.message());
  host_config_.set(settings_.host);
  TRY(host::add_host_verbs(verbs_, host_config_, output.string(), clock_));
  reach_.kinds = catalog_->kinds();
  TRY(kubernetes::add_cluster_verbs(verbs_, reach_, clock_));
  programs_ = std::make_unique<ProgramDesk>(ProgramDesk::Parts{.clock = clock_,
                                                               .random = random_,
                                                               .secrets = secrets_,
                                                               .verbs = verbs_,
                                                               .records = directory.file(kProgramRuns)});
  workers_ = std::make_unique<WorkerPool>(kWorkers, kWorkLimit);
  watchers_ = std::make_unique<WorkerPool>(1, 1);
  messengers_ = std::make_unique<WorkerPool>(kMessengers, kWorkLimit);
  return {};
}

// What looks at this machine, and what notices and foresees.
void Running::open_eyes(const ledger::DataDirectory& directory) {
  detect::DetectorOptions options;
  options.interval = kHostRuleInterval;
  options.asks_configuration_rules = false;
  detector_ =
      std::make_unique<detect::Detector>(detect::Detector::Sources{*signals_, *sql_, *logs_, &manuals_}, options);
  senses_ =
      std::make_unique<Senses>(Senses::Parts{.samples = *metrics_,
                                             .logs = *logs_,
                                             .clock = clock_,
                                             .data_directory = directory.path(),
                                             .observed =
                                                 [this](Observation seen) {
                                                   if (!loop_->post(Observed{std::move(seen)}))
                                                     log::warning("loop", "too busy for a look; the next one counts");
                                                 },
                                             .report = reporter()},
                               Senses::Options{});
  foresight_ = std::make_unique<Foresight>(Foresight::Parts{
      .clock = clock_, .post = [this](LoopMessage message) { return loop_->post_waiting(std::move(message)); }});
  admission_ = std::make_unique<AdmissionDesk>(AdmissionDesk::Parts{
      .clock = clock_, .foresight = *foresight_, .record = [this](NewFact fact) { record(std::move(fact)); }});
}

// The loop reads the configuration itself, so that a change and the first reading are the same code.
Status Running::open_loop() {
  LoopOptions options;
  options.version = options_.version;
  options.lead = options_.lead;
  loop_ = TRY(Loop::create({.clock = clock_,
                            .ledger = *ledger_,
                            .catalog = *catalog_,
                            .samples = *metrics_,
                            .signals = *signals_,
                            .sql = *sql_,
                            .verbs = verbs_,
                            .detector = *detector_,
                            .workers = *workers_,
                            .watchers = *watchers_,
                            .messengers = *messengers_,
                            .foresight = foresight_.get(),
                            .money = &money_book_,
                            .runs = &programs_->board(),
                            .manual = &manuals_},
                           options, ConfigTree(options_.packs, options_.config_directory)));
  loop_->facts().set_mask([this](std::string_view text) { return known_secrets_.mask(text); });
  loop_->policies().set_calendar_directory(options_.config_directory / kCalendarFolder);
  loop_->policies().set_waits_for(
      [this](const decide::Policy& policy) { return outside_services_->waits_for(policy); });
  loop_->policies().set_money_of([this](const decide::Policy& policy, decide::Situation& situation) {
    return money_->add_money(policy, situation);
  });
  loop_->facts().observe([this](const Fact& fact) {
    if (fact.kind == fact_kind::kActionFinished) outside_services_->note_action(fact.body["verb"].string_or_empty());
  });
  loop_->on_settings([this](const ConfigTree& changed) { return apply_settings(changed); });
  loop_->on_records([this](const catalog::CatalogReader& catalog, Time now) { return records_.look(catalog, now); });
  loop_->on_rules([this](std::vector<std::string_view> known) {
    known.insert(known.end(), std::begin(foresee::kFormRules), std::end(foresee::kFormRules));
    return unknown_rules(settings_.admission, known);
  });
  return {};
}

// Clusters, described services, Slack: what is elsewhere.
void Running::open_outside() {
  // What a watch tells is told once: it waits for room.
  const auto observed = [this](Observation seen) {
    (void)loop_->post_waiting(Observed{std::move(seen)}, kMostLooksWaiting);
  };
  const auto seen = [this](std::string cluster) {
    (void)loop_->post_waiting(
        Command{[this, cluster = std::move(cluster)] { loop_->picture()->cluster_seen(cluster); }});
  };
  clusters_ = std::make_unique<ClusterSenses>(
      ClusterSink::Parts{.clock = clock_, .observed = observed, .report = reporter(), .seen = seen}, random_,
      options_.environment);
  outside_services_ = std::make_unique<ServiceSenses>(
      ServiceSenses::Parts{.clock = clock_,
                           .random = random_,
                           .secrets = secrets_,
                           .passwords = passwords_,
                           .environment = options_.environment,
                           .stored_secrets = std::make_shared<SecretService>([this] { return secret_desk_->store(); }),
                           .verbs = verbs_,
                           .observed = observed,
                           .report = reporter()});
  scaling_ = std::make_unique<ScalingDesk>(
      ScalingDesk::Parts{.clock = clock_, .catalog = *catalog_, .clusters = *clusters_, .foresight = *foresight_});
  scaling_->set_groups(settings_.node_groups);
  slack_ = std::make_unique<SlackDesk>(SlackDesk::Parts{
      .http = http_, .clock = clock_, .random = random_, .secrets = secrets_, .report = [this](std::string error) {
        report("slack-socket", std::move(error));
      }});
}

void Running::open_manifests(std::filesystem::path directory) {
  const auto catalog = [this] { return catalog_->reader(); };
  const auto take = [this](Findings round) {
    (void)loop_->post_waiting(Command{[this, round = std::move(round)] {
      const Status taken = loop_->take_round(round);
      if (!taken) loop_->sources().note(round.source, taken.error().to_string(), clock_.now());
    }});
  };
  manifests_ = std::make_unique<ManifestWatch>(
      ManifestWatch::Parts{.clock = clock_,
                           .secrets = secrets_,
                           .finder = DriftFinder({.clusters = clusters_.get(), .catalog = catalog}),
                           .catalog = catalog,
                           .directory = std::move(directory),
                           .found = take,
                           .report = reporter()});
}

void Running::open_backtests() {
  backtests_ = std::make_unique<BacktestDesk>(BacktestDesk::Parts{
      .clock = clock_,
      .past = {.catalog = *catalog_, .ledger = *ledger_, .sql = *plain_sql_, .book = money_book_},
      .signals = *signals_,
      .promql = *promql_function_,
      .logs = *logs_function_,
      .money = *money_,
      .read = [this](std::string text, std::string file) -> Result<BacktestInput> {
        return TRY(loop_->ask([this, text = std::move(text), file = std::move(file)] {
          return read_backtest(text, file, loop_->policies().vocabulary(), loop_->freezes().all(), *money_->effects());
        }));
      },
      .metric_retention = settings_.metric_retention,
      .log_retention = settings_.log_retention});
}

std::string Running::metrics() const {
  return own_metrics(metrics_->stats(), logs_->stats()) + admission_->metrics() + loop_->policies().passes().metrics() +
         loop_->freezes().metrics() + lead_metric(options_.lead);
}

void Running::open_desk() {
  desk_ = std::make_unique<Desk>(
      Desk::Parts{.loop = *loop_,
                  .logs = *logs_,
                  .clusters = clusters_.get(),
                  .manifests = manifests_.get(),
                  .admission = admission_.get(),
                  .scaling = scaling_.get(),
                  .services = services_.get(),
                  .money = money_.get(),
                  .backtests = backtests_.get(),
                  .secrets = secret_questions_.get(),
                  .diagnosis = &diagnosis_,
                  .runs = &programs_->board(),
                  .more_metrics = [this] { return metrics(); },
                  .version = options_.version,
                  .lead = options_.lead,
                  .host = "host/" + (settings_.host.name.empty() ? host::kernel_host_name() : settings_.host.name)});
}

}  // namespace capstan::loop
