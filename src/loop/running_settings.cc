// What the files of the configuration say, put in force.
#include <algorithm>

#include "loop/notify_routes.h"
#include "loop/running.h"

namespace capstan::loop {
namespace {

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

}  // namespace

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
  load_packs(config, problems);
  loop_->outbox().set_routes(make_notify_routes(settings_, {secrets_, http_, clock_}, problems));
  if (Status applied = slack_->apply(settings_.slack); !applied) {
    applied.error().where = settings_.slack.at;
    problems.push_back(std::move(applied).error());
  }
  if (!settings_.page_url.empty()) loop_->set_page(settings_.page_url);
  return problems;
}

// What packs and people describe: services, programs, records, products, manuals, prices.
void Running::load_packs(const ConfigTree& config, std::vector<Error>& problems) {
  const auto add = [&](std::vector<Error> more) { std::ranges::move(more, std::back_inserter(problems)); };
  add(outside_services_->apply(config, settings_.services, catalog_->kinds()));
  add(programs_->apply(config, settings_.exec, catalog_->kinds()));
  add(passwords_.load(config));
  add(records_.load(config, catalog_->kinds()));
  add(product::check_metrics(settings_.products, *signals_));
  products_.set(settings_.products);
  add(manuals_.load(texts_of<manual::ManualText>(config, DocumentKind::kManual, true)));
  add(diagnosis_.load(texts_of<diagnose::DiagnosisText>(config, DocumentKind::kDiagnosis, false), catalog_->kinds()));
  add(services_->load(texts_of<traffic::TrafficText>(config, DocumentKind::kTraffic, false)));
  add(money_->load(price_texts(config)));
  decide::ReadEffects effects = decide::read_effects(effect_documents(config), catalog_->kinds());
  add(std::move(effects.problems));
  money_->set_effects(std::move(effects.effects));
}

}  // namespace capstan::loop
