// All parts of a running Capstan, in the order in which they need each other. Private to Instance (loop/instance.h).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "catalog/sql_engine.h"
#include "connect/host/current_host_config.h"
#include "connect/kubernetes/verbs/object_verb.h"
#include "foresee/schema_check.h"
#include "loop/admission_desk.h"
#include "loop/desk.h"
#include "loop/instance.h"
#include "loop/loop.h"
#include "loop/manifest_watch.h"
#include "loop/money_table.h"
#include "loop/password_desk.h"
#include "loop/program_desk.h"
#include "loop/record_shelf.h"
#include "loop/secret_desk.h"
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
#include "telemetry/promql/engine.h"
#include "telemetry/promql/signal_source.h"
#include "telemetry/promql/table_function.h"

namespace capstan::loop {

class Running final : public Instance {
 public:
  Running(const Clock& clock, Random& random, InstanceOptions options);
  ~Running() override;

  Status open(const ledger::DataDirectory& directory);

  void start(const std::string& page) override;
  void stop() override;
  void cancel_work() override { loop_->cancel_work(); }
  int work_under_way() const override { return loop_->work_under_way(); }

  Control& control() override { return *desk_; }

  telemetry::ApiAnswer prometheus(std::string_view path, const telemetry::ApiParameters& parameters) override {
    return telemetry::answer_api(*engine_, path, parameters, clock_.now());
  }
  Status remote_write(std::string_view body) override;

  void on_chat(ChatHandler handler) override { slack_->set_handler(std::move(handler)); }
  Status slack_delivery(std::string_view door, std::string_view timestamp, std::string_view signature,
                        std::string_view body) override {
    return slack_->deliver(door, timestamp, signature, body);
  }

  std::vector<std::string> allowed_hosts() const override { return settings_.allowed_hosts; }
  bool secure_cookie() const override { return settings_.secure_cookie; }
  const AdmissionSettings& admission() const override { return at_start_.admission; }

 private:
  // running_parts.cc: each step needs what the ones before it have made.
  Status open_stores(const ledger::DataDirectory& directory, const ConfigTree& config);
  Status open_tables();
  void open_secrets(const ledger::DataDirectory& directory);
  Status open_hands(const ledger::DataDirectory& directory);
  void open_eyes(const ledger::DataDirectory& directory);
  Status open_loop();
  void open_outside();
  void open_manifests(std::filesystem::path directory);
  void open_backtests();
  void open_desk();
  // Of its own, in the Prometheus text format. Any thread.
  std::string metrics() const;

  // running_settings.cc: what the files say, put in force.
  std::vector<Error> apply_settings(const ConfigTree& config);
  void load_packs(const ConfigTree& config, std::vector<Error>& problems);

  // For parts that tell of themselves from threads of their own.
  void report(std::string source, std::string error);
  std::function<void(std::string source, std::string error)> reporter() {
    return [this](std::string source, std::string error) { report(std::move(source), std::move(error)); };
  }
  void record(NewFact fact);

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

}  // namespace capstan::loop
