#include "loop/config_report.h"

#include <utility>

#include "base/log.h"

namespace capstan::loop {

Status ConfigReport::write(const ConfigTree& config, const std::vector<Error>& problems, FactSink& facts, Time now) {
  std::map<std::string, const Error*> first_problem;
  for (const Error& problem : problems) first_problem.emplace(problem.where.file, &problem);
  std::vector<NewFact> news;
  for (const std::filesystem::path& path : std::exchange(changed_, {})) {
    const auto problem = first_problem.find(path.string());
    const bool good = problem == first_problem.end();
    Json body = Json::object();
    if (!good) {
      const Error& error = *problem->second;
      body = Json::object({{"message", error.message}, {"line", error.where.line}, {"column", error.where.column}});
      log::warning("config", error.to_string());
    }
    states_[path.string()] = Json::object({{"path", path.string()},
                                           {"state", good ? "loaded" : "rejected"},
                                           {"loaded_at", format_time(now)},
                                           {"error", good ? Json() : body}});
    news.push_back({now, std::string(good ? fact_kind::kConfigLoaded : fact_kind::kConfigRejected), path.string(),
                    std::move(body), 0, "capstan"});
  }
  std::erase_if(states_, [&](const auto& state) {
    return !config.files().contains(state.first) && !config.problems().contains(state.first);
  });
  const auto written = facts.append(news);
  return written ? Status() : fail(written.error());
}

Json ConfigReport::to_json() const {
  Json::Array files;
  for (const auto& [path, state] : states_) files.push_back(state);
  return files;
}

}  // namespace capstan::loop
