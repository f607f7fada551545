#include "loop/running.h"

#include "base/log.h"
#include "telemetry/metrics/remote_write.h"

namespace capstan::loop {

Running::Running(const Clock& clock, Random& random, InstanceOptions options)
    : clock_(clock),
      random_(random),
      options_(std::move(options)),
      secrets_(
          secret::process_environment(), known_secrets_, [this] { return secret_desk_->store(); },
          [this](std::string_view path) { return secret_desk_->leased(path); }) {
  // An error of a counterpart may repeat the token it was sent.
  log::set_filter([this](std::string_view message) { return known_secrets_.mask(message); });
}

Running::~Running() {
  stop();
  log::set_filter({});
}

Status Running::open(const ledger::DataDirectory& directory) {
  ConfigTree config(options_.packs, options_.config_directory);
  config.refresh();
  settings_ = read_settings(config, {}).settings;
  at_start_ = settings_;
  TRY(open_stores(directory, config));
  TRY(open_tables());
  open_secrets(directory);
  TRY(open_hands(directory));
  open_eyes(directory);
  TRY(open_loop());
  open_outside();
  open_manifests(directory.file("manifests"));
  open_backtests();
  open_desk();
  return {};
}

void Running::start(const std::string& page) {
  loop_->set_page(settings_.page_url.empty() ? page : settings_.page_url);
  loop_->start();
  senses_->start();
  outside_services_->start();
  secret_desk_->start();
}

void Running::stop() {
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

Status Running::remote_write(std::string_view body) {
  const telemetry::RemoteWriteRequest request = TRY(telemetry::decode_remote_write(body, {}));
  const Status taken = metrics_->append_series(request.series);
  TRY(metrics_->write());  // Whoever is told that they are taken never sends them again.
  TRY(taken);
  return request.left_out ? fail(*request.left_out) : Status();
}

void Running::report(std::string source, std::string error) {
  loop_->post(Command{[this, source = std::move(source), error = std::move(error)] {
    loop_->sources().note(source, error, clock_.now());
  }});
}

void Running::record(NewFact fact) {
  loop_->post(Command{[this, fact = std::move(fact)]() mutable { (void)loop_->facts().append_one(std::move(fact)); }});
}

}  // namespace capstan::loop
