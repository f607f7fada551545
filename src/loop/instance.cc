#include "loop/instance.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/http_client.h"
#include "base/log.h"
#include "catalog/sql_engine.h"
#include "connect/host/host_verbs.h"
#include "connect/kubernetes/verbs/cluster_verbs.h"
#include "foresee/schema_check.h"
#include "loop/admission_desk.h"
#include "loop/desk.h"
#include "loop/loop.h"
#include "loop/manifest_watch.h"
#include "loop/money_table.h"
#include "loop/notify_routes.h"
#include "loop/own_metrics.h"
#include "loop/password_desk.h"
#include "loop/program_desk.h"
#include "loop/record_shelf.h"
#include "loop/secret_desk.h"
#include "loop/secret_service.h"
#include "loop/senses.h"
#include "loop/service_senses.h"
#include "loop/service_table.h"
#include "loop/settings.h"
#include "loop/slack_desk.h"
#include "manual/manual_shelf.h"
#include "manual/manual_table.h"
#include "product/seen_in_log.h"
#include "product/setting_metrics.h"
#include "secret/reference_store.h"
#include "telemetry/logs/log_store.h"
#include "telemetry/logs/log_table_function.h"
#include "telemetry/metrics/metric_store.h"
#include "telemetry/metrics/remote_write.h"
#include "telemetry/promql/engine.h"
#include "telemetry/promql/signal_source.h"
#include "telemetry/promql/table_function.h"

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

// What cannot be changed while everything runs.
bool same_at_start(const Settings& now, const Settings& start) {
  return now.metric_retention == start.metric_retention && now.log_retention == start.log_retention &&
         now.allowed_hosts == start.allowed_hosts && now.secure_cookie == start.secure_cookie &&
         now.admission.same_listener(start.admission);
}

// The texts with documents of a kind; those of the user first or last.
template <class Text>
std::vector<Text> texts_of(const ConfigTree& config, DocumentKind kind, bool user_first) {
  std::vector<Text> texts;
  for (const bool from_pack : {!user_first, user_first}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack == from_pack && file.has(kind)) texts.push_back({path.string(), file.text_of(kind)});
    }
  }
  return texts;
}

std::vector<money::PriceText> price_texts(const ConfigTree& config) {
  std::vector<money::PriceText> texts;
  for (const bool from_pack : {true, false}) {
    for (const auto& [path, file] : config.files()) {
      if (file.from_pack == from_pack && file.has(DocumentKind::kPrice))
        texts.push_back({path.string(), file.text_of(DocumentKind::kPrice), from_pack});
    }
  }
  return texts;
}

// Nothing for a node that shares its ledger with nobody.
std::string lead_metric(const std::optional<Lead>& lead) {
  if (!lead) return "";
  return fmt::format("# HELP capstan_leads Whether this node leads.\n# TYPE capstan_leads gauge\ncapstan_leads {}\n",
                     lead->may_act() ? 1 : 0);
}

class Running final : public Instance {
 public:
  Running(const Clock& clock, Random& random, InstanceOptions options)
      : clock_(clock),
        random_(random),
        options_(std::move(options)),
        secrets_(
            secret::process_environment(), known_secrets_, [this] { return secret_desk_->store(); },
            [this](std::string_view path) { return secret_desk_->leased(path); }) {
    // An error of a counterpart may repeat the token it was sent.
    log::set_filter([this](std::string_view message) { return known_secrets_.mask(message); });
  }
  ~Running() override {
    stop();
    log::set_filter({});
  }

  Status open(const ledger::DataDirectory& directory);

  void start(const std::string& page) override {
    loop_->set_page(settings_.page_url.empty() ? page : settings_.page_url);
    loop_->start();
    senses_->start();
    outside_services_->start();
    secret_desk_->start();
  }

  void stop() override {
    if (secret_desk_) secret_desk_->stop();
    if (senses_) senses_->stop();
    if (outside_services_) outside_services_->stop();
    if (manifests_) manifests_->stop();
    if (clusters_) clusters_->stop();
    if (loop_) loop_->stop();
    if (slack_) slack_->stop();  // The loop, which changes its settings, has ended.
    if (foresight_) foresight_->stop();
    // Nothing runs any more that could speak to the loop.
    workers_.reset();
    watchers_.reset();
    messengers_.reset();
  }

  void cancel_work() override { loop_->cancel_work(); }
  int work_under_way() const override { return loop_->work_under_way(); }

  Control& control() override { return *desk_; }

  telemetry::ApiAnswer prometheus(std::string_view path, const telemetry::ApiParameters& parameters) override {
    return telemetry::answer_api(*engine_, path, parameters, clock_.now());
  }

  Status remote_write(std::string_view body) override {
    const telemetry::RemoteWriteRequest request = TRY(telemetry::decode_remote_write(body, {}));
    const Status taken = metrics_->append_series(request.series);
    TRY(metrics_->write());  // Whoever is told that they are taken never sends them again.
    TRY(taken);
    return request.left_out ? fail(*request.left_out) : Status();
  }

  void on_chat(ChatHandler handler) override { slack_->set_handler(std::move(handler)); }
  Status slack_delivery(std::string_view door, std::string_view timestamp, std::string_view signature,
                        std::string_view body) override {
    return slack_->deliver(door, timestamp, signature, body);
  }

  std::vector<std::string> allowed_hosts() const override { return settings_.allowed_hosts; }
  bool secure_cookie() const override { return settings_.secure_cookie; }
  const AdmissionSettings& admission() const override { return at_start_.admission; }

 private:
  Status open_stores(const ledger::DataDirectory& directory, const ConfigTree& config);
  Status add_verbs(const ledger::DataDirectory& directory);
  std::vector<Error> apply_settings(const ConfigTree& config);
  std::unique_ptr<ManifestWatch> make_manifest_watch(std::filesystem::path directory);

  const Clock& clock_;
  Random& random_;
  InstanceOptions options_;
  secret::MaskingList known_secrets_;
  secret::ReferenceStore secrets_;
  CurlHttpClient http_;
  std::unique_ptr<SecretDesk> secret_desk_;
  std::unique_ptr<secret::SecretQuestions> secret_questions_;
  Settings settings_;
  Settings at_start_;
  host::CurrentHostConfig host_config_{host::HostConfig()};

  // In the order in which they need each other; destroyed in reverse.
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<telemetry::MetricStore> metrics_;
  std::unique_ptr<telemetry::LogStore> logs_;
  std::unique_ptr<telemetry::PromqlEngine> engine_;
  std::unique_ptr<telemetry::PromqlSignalSource> signals_;
  std::unique_ptr<telemetry::PromqlTableFunction> promql_function_;
  std::unique_ptr<telemetry::LogTableFunction> logs_function_;
  manual::ManualShelf manuals_;
  manual::ManualTable manual_function_{manuals_};
  product::ProductShelf products_;
  std::unique_ptr<product::SeenInLogTable> seen_in_log_;
  std::unique_ptr<product::SettingMetricsTable> setting_metrics_;
  diagnose::DiagnosisShelf diagnosis_;
  std::unique_ptr<catalog::SqlEngine> plain_sql_;  // Without functions, for what they ask themselves.
  std::unique_ptr<ServiceDesk> services_;
  std::unique_ptr<ServiceCallsFunction> calls_function_;
  MoneyBook money_book_;
  std::unique_ptr<MoneyDesk> money_;
  std::unique_ptr<CostFunction> cost_function_;
  std::unique_ptr<CostFunction> daily_cost_function_;
  std::unique_ptr<SavingsFunction> savings_function_;
  std::unique_ptr<catalog::SqlEngine> sql_;
  std::unique_ptr<detect::Detector> detector_;
  kubernetes::ClusterReach reach_{.contact = [this](std::string_view cluster) { return clusters_->contact(cluster); },
                                  .allows = [this](std::string_view verb) { return clusters_->allows(verb); }};
  VerbRegistry verbs_;
  std::unique_ptr<ProgramDesk> programs_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<WorkerPool> watchers_;
  std::unique_ptr<WorkerPool> messengers_;
  std::unique_ptr<Foresight> foresight_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Senses> senses_;
  std::unique_ptr<ClusterSenses> clusters_;
  PasswordDesk passwords_{[this] { return secret_desk_->store(); },
                          [this](const std::string& policy) { return secret_desk_->generate(policy); }, random_};
  std::unique_ptr<ServiceSenses> outside_services_;
  RecordShelf records_;
  std::unique_ptr<ManifestWatch> manifests_;
  std::unique_ptr<AdmissionDesk> admission_;
  std::unique_ptr<ScalingDesk> scaling_;
  std::unique_ptr<SlackDesk> slack_;
  std::unique_ptr<BacktestDesk> backtests_;
  std::unique_ptr<Desk> desk_;
};

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

Status Running::open(const ledger::DataDirectory& directory) {
  ConfigTree config(options_.packs, options_.config_directory);
  config.refresh();
  settings_ = read_settings(config, {}).settings;
  at_start_ = settings_;
  TRY(open_stores(directory, config));
  secret_desk_ = std::make_unique<SecretDesk>(SecretDesk::Parts{
      .directory = directory.path(),
      .clock = clock_,
      .random = random_,
      .http = http_,
      .references = secrets_,
      .heard = [this](std::string_view secret) { known_secrets_.add(secret); },
      .report =
          [this](std::string error) {
            loop_->post(
                Command{[this, error = std::move(error)] { loop_->sources().note("vault", error, clock_.now()); }});
          }});
  secret_desk_->apply(settings_.secrets, settings_.vault);
  TRY(add_verbs(directory));
  programs_ = std::make_unique<ProgramDesk>(ProgramDesk::Parts{.clock = clock_,
                                                               .random = random_,
                                                               .secrets = secrets_,
                                                               .verbs = verbs_,
                                                               .records = directory.file(kProgramRuns)});
  detect::DetectorOptions detect_options;
  detect_options.interval = kHostRuleInterval;
  detect_options.asks_configuration_rules = false;
  detector_ = std::make_unique<detect::Detector>(detect::Detector::Sources{*signals_, *sql_, *logs_, &manuals_},
                                                 detect_options);
  workers_ = std::make_unique<WorkerPool>(kWorkers, kWorkLimit);
  watchers_ = std::make_unique<WorkerPool>(1, 1);
  messengers_ = std::make_unique<WorkerPool>(kMessengers, kWorkLimit);
  senses_ = std::make_unique<Senses>(
      Senses::Parts{.samples = *metrics_,
                    .logs = *logs_,
                    .clock = clock_,
                    .data_directory = directory.path(),
                    .observed =
                        [this](Observation seen) {
                          if (!loop_->post(Observed{std::move(seen)}))
                            log::warning("loop", "too busy for a look; the next one counts");
                        },
                    .report =
                        [this](std::string source, std::string error) {
                          loop_->post(Command{[this, source = std::move(source), error = std::move(error)] {
                            loop_->sources().note(source, error, clock_.now());
                          }});
                        }},
      Senses::Options{});
  foresight_ = std::make_unique<Foresight>(Foresight::Parts{
      .clock = clock_, .post = [this](LoopMessage message) { return loop_->post_waiting(std::move(message)); }});
  admission_ = std::make_unique<AdmissionDesk>(AdmissionDesk::Parts{
      .clock = clock_, .foresight = *foresight_, .record = [this](NewFact fact) {
        loop_->post(
            Command{[this, fact = std::move(fact)]() mutable { (void)loop_->facts().append_one(std::move(fact)); }});
      }});
  LoopOptions options;
  options.version = options_.version;
  options.lead = options_.lead;
  // The loop reads the configuration itself, so that a change and the first reading are the same code.
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
  loop_->on_settings([this](const ConfigTree& changed) { return apply_settings(changed); });
  loop_->on_rules([this](std::vector<std::string_view> known) {
    known.insert(known.end(), std::begin(foresee::kFormRules), std::end(foresee::kFormRules));
    return unknown_rules(settings_.admission, known);
  });
  clusters_ = std::make_unique<ClusterSenses>(
      ClusterSink::Parts{
          .clock = clock_,
          // What a watch tells is told once: it waits for room.
          .observed =
              [this](Observation seen) { (void)loop_->post_waiting(Observed{std::move(seen)}, kMostLooksWaiting); },
          .report =
              [this](std::string source, std::string error) {
                loop_->post(Command{[this, source = std::move(source), error = std::move(error)] {
                  loop_->sources().note(source, error, clock_.now());
                }});
              },
          .seen =
              [this](std::string cluster) {
                (void)loop_->post_waiting(
                    Command{[this, cluster = std::move(cluster)] { loop_->picture()->cluster_seen(cluster); }});
              }},
      random_, options_.environment);
  outside_services_ = std::make_unique<ServiceSenses>(ServiceSenses::Parts{
      .clock = clock_,
      .random = random_,
      .secrets = secrets_,
      .passwords = passwords_,
      .environment = options_.environment,
      .stored_secrets = std::make_shared<SecretService>([this] { return secret_desk_->store(); }),
      .verbs = verbs_,
      .observed = [this](Observation seen) { (void)loop_->post_waiting(Observed{std::move(seen)}, kMostLooksWaiting); },
      .report =
          [this](std::string source, std::string error) {
            loop_->post(Command{[this, source = std::move(source), error = std::move(error)] {
              loop_->sources().note(source, error, clock_.now());
            }});
          }});
  loop_->policies().set_waits_for(
      [this](const decide::Policy& policy) { return outside_services_->waits_for(policy); });
  loop_->policies().set_money_of([this](const decide::Policy& policy, decide::Situation& situation) {
    return money_->add_money(policy, situation);
  });
  loop_->facts().observe([this](const Fact& fact) {
    if (fact.kind == fact_kind::kActionFinished) outside_services_->note_action(fact.body["verb"].string_or_empty());
  });
  scaling_ = std::make_unique<ScalingDesk>(
      ScalingDesk::Parts{.clock = clock_, .catalog = *catalog_, .clusters = *clusters_, .foresight = *foresight_});
  scaling_->set_groups(settings_.node_groups);
  slack_ = std::make_unique<SlackDesk>(SlackDesk::Parts{
      .http = http_, .clock = clock_, .random = random_, .secrets = secrets_, .report = [this](std::string error) {
        loop_->post(
            Command{[this, error = std::move(error)] { loop_->sources().note("slack-socket", error, clock_.now()); }});
      }});
  manifests_ = make_manifest_watch(directory.file("manifests"));
  secret_questions_ = std::make_unique<secret::SecretQuestions>(secret::SecretQuestions::Parts{
      .clock = clock_,
      .store = [this] { return secret_desk_->store(); },
      .rekey = [this](std::string_view key) { return secret_desk_->rekey(key); },
      .generate = [this](std::string_view policy) { return passwords_.make(std::string(policy)); },
      .record = [this](NewFact fact) { return desk_->record(std::move(fact)); }});
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
                  .more_metrics =
                      [this] {
                        return own_metrics(metrics_->stats(), logs_->stats()) + admission_->metrics() +
                               lead_metric(options_.lead) + loop_->freezes().metrics();
                      },
                  .version = options_.version,
                  .lead = options_.lead,
                  .host = "host/" + (settings_.host.name.empty() ? host::kernel_host_name() : settings_.host.name)});
  return {};
}

Status Running::add_verbs(const ledger::DataDirectory& directory) {
  const std::filesystem::path output = directory.file(kServiceOutput);
  std::error_code error;
  std::filesystem::create_directories(output, error);
  if (error) return fail(errno_code(error.value()), "cannot create " + output.string() + ": " + error.message());
  host_config_.set(settings_.host);
  TRY(host::add_host_verbs(verbs_, host_config_, output.string(), clock_));
  reach_.kinds = catalog_->kinds();
  return kubernetes::add_cluster_verbs(verbs_, reach_, clock_);
}

std::vector<Error> Running::apply_settings(const ConfigTree& config) {
  ReadSettings read = read_settings(config, settings_);
  settings_ = std::move(read.settings);
  std::vector<Error> problems = std::move(read.problems);
  for (const prometheus::ScrapeJob& job : settings_.scrape.jobs) {
    known_secrets_.add(job.credentials.password.reveal());
    known_secrets_.add(job.credentials.credentials.reveal());
  }
  secret_desk_->apply(settings_.secrets, settings_.vault);
  host_config_.set(settings_.host);
  loop_->set_history_retention(settings_.history_retention);
  loop_->set_owner_labels(settings_.owner_labels);
  if (!same_at_start(settings_, at_start_)) {
    problems.push_back({ErrorCode::kFailedPrecondition,
                        "'retention' of metrics or logs, 'server.hosts', 'server.behind_https' or where 'admission' "
                        "listens has changed: it takes effect when Capstan is started again",
                        {}});
  }
  admission_->set_policy(settings_.admission.policy);
  scaling_->set_groups(settings_.node_groups);
  for (Error& problem : senses_->apply(settings_)) problems.push_back(std::move(problem));
  for (Error& problem : clusters_->apply(settings_.kubernetes, catalog_->kinds())) {
    problems.push_back(std::move(problem));
  }
  if (clusters_->take_begun()) loop_->picture()->expect_clusters(clusters_->names());
  loop_->config().watch(clusters_->files());
  manifests_->apply(settings_.manifests);
  for (Error& problem : outside_services_->apply(config, settings_.services, catalog_->kinds()))
    problems.push_back(std::move(problem));
  for (Error& problem : programs_->apply(config, settings_.exec, catalog_->kinds()))
    problems.push_back(std::move(problem));
  for (Error& problem : passwords_.load(config)) problems.push_back(std::move(problem));
  for (Error& problem : records_.load(config, catalog_->kinds())) problems.push_back(std::move(problem));
  loop_->post(Observed{records_.observation(clock_.now())});
  for (Error& problem : product::check_metrics(settings_.products, *signals_)) problems.push_back(std::move(problem));
  products_.set(settings_.products);
  for (Error& problem : manuals_.load(texts_of<manual::ManualText>(config, DocumentKind::kManual, true))) {
    problems.push_back(std::move(problem));
  }
  for (Error& problem :
       diagnosis_.load(texts_of<diagnose::DiagnosisText>(config, DocumentKind::kDiagnosis, false), catalog_->kinds())) {
    problems.push_back(std::move(problem));
  }
  for (Error& problem : services_->load(texts_of<traffic::TrafficText>(config, DocumentKind::kTraffic, false))) {
    problems.push_back(std::move(problem));
  }
  for (Error& problem : money_->load(price_texts(config))) problems.push_back(std::move(problem));
  decide::ReadEffects effects = decide::read_effects(effect_documents(config), catalog_->kinds());
  std::ranges::move(effects.problems, std::back_inserter(problems));
  money_->set_effects(std::move(effects.effects));
  loop_->outbox().set_routes(make_notify_routes(settings_, {secrets_, http_, clock_}, problems));
  if (Status applied = slack_->apply(settings_.slack); !applied) {
    applied.error().where = settings_.slack.at;
    problems.push_back(std::move(applied).error());
  }
  if (!settings_.page_url.empty()) loop_->set_page(settings_.page_url);
  return problems;
}

std::unique_ptr<ManifestWatch> Running::make_manifest_watch(std::filesystem::path directory) {
  const auto catalog = [this] { return catalog_->reader(); };
  const auto take = [this](Findings round) {
    (void)loop_->post_waiting(Command{[this, round = std::move(round)] {
      const Status taken = loop_->take_round(round);
      if (!taken) loop_->sources().note(round.source, taken.error().to_string(), clock_.now());
    }});
  };
  const auto report = [this](std::string source, std::string error) {
    loop_->post(Command{[this, source = std::move(source), error = std::move(error)] {
      loop_->sources().note(source, error, clock_.now());
    }});
  };
  return std::make_unique<ManifestWatch>(
      ManifestWatch::Parts{.clock = clock_,
                           .secrets = secrets_,
                           .finder = DriftFinder({.clusters = clusters_.get(), .catalog = catalog}),
                           .catalog = catalog,
                           .directory = std::move(directory),
                           .found = take,
                           .report = report});
}

}  // namespace

Result<std::unique_ptr<Instance>> Instance::open(const ledger::DataDirectory& directory, InstanceOptions options,
                                                 const Clock& clock, Random& random) {
  auto instance = std::make_unique<Running>(clock, random, std::move(options));
  TRY(instance->open(directory));
  return instance;
}

}  // namespace capstan::loop
