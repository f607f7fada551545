#include "detect/detector.h"

#include <algorithm>
#include <set>

#include "base/file.h"

namespace capstan::detect {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;
// When detection last looked at anything: a restart finds here how long nobody did.
constexpr std::string_view kEvaluatedAt = "capstan_detect_last_evaluation_timestamp_seconds";
constexpr std::string_view kLogSource = "log-errors";

struct ScheduledGroup {
  GroupEvaluator evaluator;
  std::optional<Time> last;
};

struct ScheduledSqlRule {
  SqlRule rule;
  SqlRuleState state;
  std::vector<Finding> holding;
  std::optional<Time> last;
  RuleHealth health;
};

struct LoadedFile {
  std::vector<std::unique_ptr<ScheduledGroup>> groups;
  std::vector<std::unique_ptr<ScheduledSqlRule>> sql_rules;
};

bool is_due(const std::optional<Time>& last, Duration interval, Time now) {
  return !last || now < *last || now - *last >= interval;
}

// The last moment of the rhythm, so that a late call does not shift all that follow.
Time on_the_beat(const std::optional<Time>& last, Duration interval, Time now) {
  if (!last || now < *last || now - *last >= interval * 2) return now;
  return *last + interval;
}

std::string source_of(const std::string& path, const SqlRule& rule) { return "sql:" + path + ":" + rule.name; }

void add_file(const std::filesystem::path& path, DetectFile::Kind kind, std::vector<DetectFile>& files,
              std::vector<Error>& problems) {
  Result<std::string> text = read_file(path, kMaxFileBytes);
  if (text) {
    files.push_back({kind, path.string(), std::move(*text)});
  } else {
    if (text.error().where.file.empty()) text.error().where.file = path.string();
    problems.push_back(std::move(text.error()));
  }
}

void add_directory(const std::filesystem::path& directory, std::vector<DetectFile>& files,
                   std::vector<Error>& problems) {
  std::error_code ignored;
  for (std::string_view suffix : {".yaml", ".yml"}) {
    if (!std::filesystem::is_directory(directory / "alerts", ignored)) break;
    const auto paths = list_files(directory / "alerts", suffix);
    if (!paths) {
      problems.push_back(paths.error());
      continue;
    }
    for (const auto& path : *paths) add_file(path, DetectFile::Kind::kAlerts, files, problems);
  }
  const std::filesystem::path rules = directory / "rules.yaml";
  if (std::filesystem::exists(rules, ignored)) add_file(rules, DetectFile::Kind::kSqlRules, files, problems);
}

}  // namespace

std::vector<DetectFile> read_detect_files(const std::vector<std::filesystem::path>& directories,
                                          std::vector<Error>& problems) {
  std::vector<DetectFile> files;
  for (const auto& directory : directories) {
    add_directory(directory, files, problems);
    std::error_code ignored;
    std::vector<std::filesystem::path> packs;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
      if (entry.is_directory(ignored) && entry.path().filename() != "alerts") packs.push_back(entry.path());
    }
    std::ranges::sort(packs);
    for (const auto& pack : packs) add_directory(pack, files, problems);
  }
  return files;
}

class Detector::State {
 public:
  State(Sources sources, DetectorOptions options)
      : sources_(sources), options_(std::move(options)), log_errors_(options_.log_errors, sources_.manual) {
    log_health_.rule = "LogErrorBurst";
  }

  std::vector<Error> load(const std::vector<DetectFile>& files, std::vector<KindSpec> kinds) {
    kinds_ = std::move(kinds);
    std::vector<Error> problems;
    std::map<std::string, LoadedFile> now;
    for (const DetectFile& file : files) {
      if (now.contains(file.path)) continue;
      const size_t before = problems.size();
      LoadedFile loaded =
          file.kind == DetectFile::Kind::kAlerts ? load_groups(file, problems) : load_sql(file, problems);
      const auto older = files_.find(file.path);
      if (problems.size() > before) {
        if (older != files_.end()) now.emplace(file.path, std::move(older->second));
        continue;
      }
      if (older != files_.end()) take_over(loaded, older->second);
      now.emplace(file.path, std::move(loaded));
    }
    retire_missing(now);
    files_ = std::move(now);
    return problems;
  }

  void restore(const std::vector<Finding>& open) {
    for (const Finding& finding : open) {
      log_errors_.restore(finding);
      open_.emplace(finding.id, finding.since);
    }
    for (auto& [path, file] : files_) {
      for (auto& rule : file.sql_rules) rule->state.insert(open_.begin(), open_.end());
    }
  }

  Round evaluate(Time now) {
    Round round;
    round.findings = std::exchange(gone_, {});
    for (Findings& gone : round.findings) gone.at = now;
    round.samples = std::exchange(markers_, {});
    // Markers are made when a file goes, which only now has a time.
    for (SeriesSample& marker : round.samples) marker.sample.at_ms = to_unix_ms(now);
    if (!restore_asked_) ask_when_last(now);
    for (auto& [path, file] : files_) {
      for (auto& group : file.groups) evaluate_group(*group, now, round);
      for (auto& rule : file.sql_rules) evaluate_sql(path, *rule, now, round);
    }
    evaluate_logs(now, round);
    if (!round.findings.empty()) {
      round.samples.push_back(
          {Labels{{std::string(kMetricName), std::string(kEvaluatedAt)}}, {to_unix_ms(now), to_unix_seconds(now)}});
    }
    return round;
  }

  std::vector<std::string> sources() const {
    std::vector<std::string> all;
    for (const auto& [path, file] : files_) {
      for (const auto& group : file.groups) all.push_back(group->evaluator.source());
      for (const auto& rule : file.sql_rules) all.push_back(source_of(path, rule->rule));
    }
    all.emplace_back(kLogSource);
    return all;
  }

  std::vector<SqlRule> configuration_rules() const {
    std::vector<SqlRule> rules;
    for (const auto& [path, file] : files_) {
      for (const auto& rule : file.sql_rules) {
        if (!rule->rule.on.empty()) rules.push_back(rule->rule);
      }
    }
    return rules;
  }

  std::vector<RuleHealth> health() const {
    std::vector<RuleHealth> all;
    for (const auto& [path, file] : files_) {
      for (const auto& group : file.groups) std::ranges::move(group->evaluator.health(), std::back_inserter(all));
      for (const auto& rule : file.sql_rules) all.push_back(rule->health);
    }
    all.push_back(log_health_);
    return all;
  }

 private:
  LoadedFile load_groups(const DetectFile& file, std::vector<Error>& problems) const {
    RuleFile read = read_rule_file(file.text, file.path, sources_.signals);
    std::ranges::move(read.problems, std::back_inserter(problems));
    LoadedFile loaded;
    for (RuleGroup& group : read.groups) {
      loaded.groups.push_back(std::make_unique<ScheduledGroup>(ScheduledGroup{GroupEvaluator(std::move(group)), {}}));
      if (down_at_) loaded.groups.back()->evaluator.restore_at(*down_at_);
    }
    return loaded;
  }

  LoadedFile load_sql(const DetectFile& file, std::vector<Error>& problems) const {
    SqlRuleFile read = read_sql_rules(file.text, file.path, sources_.sql, kinds_);
    std::ranges::move(read.problems, std::back_inserter(problems));
    LoadedFile loaded;
    for (SqlRule& rule : read.rules) {
      auto scheduled = std::make_unique<ScheduledSqlRule>();
      scheduled->health.file = file.path;
      scheduled->health.rule = rule.name;
      scheduled->rule = std::move(rule);
      scheduled->state.insert(open_.begin(), open_.end());
      loaded.sql_rules.push_back(std::move(scheduled));
    }
    return loaded;
  }

  void take_over(LoadedFile& loaded, LoadedFile& older) {
    for (auto& group : loaded.groups) {
      const auto same = std::ranges::find_if(
          older.groups, [&](const auto& one) { return one->evaluator.source() == group->evaluator.source(); });
      if (same == older.groups.end()) continue;
      group->evaluator.take_over((*same)->evaluator);
      group->last = (*same)->last;
    }
    for (auto& rule : loaded.sql_rules) {
      const auto same =
          std::ranges::find_if(older.sql_rules, [&](const auto& one) { return one->rule.name == rule->rule.name; });
      if (same == older.sql_rules.end()) continue;
      rule->state = std::move((*same)->state);
      rule->holding = std::move((*same)->holding);
    }
    collect_gone(older, loaded);
  }

  // What a new version of a file no longer has. Older groups that were taken over have given their series away.
  void collect_gone(LoadedFile& older, const LoadedFile& newer) {
    std::set<std::string> kept;
    for (const auto& group : newer.groups) kept.insert(group->evaluator.source());
    for (const auto& rule : newer.sql_rules) kept.insert(source_of(rule->health.file, rule->rule));
    const auto end = [&](const std::string& source) {
      if (!kept.contains(source)) gone_.push_back({source, {}, {}});
    };
    for (auto& group : older.groups) {
      std::ranges::move(group->evaluator.retire({}), std::back_inserter(markers_));
      end(group->evaluator.source());
    }
    for (const auto& rule : older.sql_rules) end(source_of(rule->health.file, rule->rule));
  }

  void retire_missing(const std::map<std::string, LoadedFile>& now) {
    for (auto& [path, file] : files_) {
      if (!now.contains(path)) collect_gone(file, {});
    }
  }

  void ask_when_last(Time now) {
    restore_asked_ = true;
    // Ours has no other label; what is scraped from another Capstan, or from anybody under that name, has.
    const auto last =
        sources_.signals.query("last_over_time(" + std::string(kEvaluatedAt) + "{instance=\"\",job=\"\"}[1h])", now);
    if (!last || last->empty()) return;
    const double seconds = last->front().sample.value;
    if (!(seconds >= 0 && seconds <= to_unix_seconds(now))) return;  // Somebody else's, perhaps no number at all.
    down_at_ = from_unix_ms(static_cast<int64_t>(seconds * 1000));
    for (auto& [path, file] : files_) {
      for (auto& group : file.groups) group->evaluator.restore_at(*down_at_);
    }
  }

  EvaluationParts parts() const {
    return {sources_.signals, sources_.sql, options_.external_labels, options_.external_url};
  }

  void evaluate_group(ScheduledGroup& group, Time now, Round& round) {
    const Duration own = group.evaluator.group().interval;
    const Duration interval = own > Duration(0) ? own : options_.interval;
    if (!is_due(group.last, interval, now)) return;
    group.last = on_the_beat(group.last, interval, now);
    GroupEvaluator::Round result = group.evaluator.evaluate(now, parts());
    round.findings.push_back(std::move(result.findings));
    std::ranges::move(result.samples, std::back_inserter(round.samples));
  }

  void evaluate_sql(const std::string& path, ScheduledSqlRule& rule, Time now, Round& round) {
    // What objects may be is asked of a picture only: their whole form is not in the catalog's tables.
    if (!rule.rule.on.empty() && (!options_.asks_configuration_rules || !rule.rule.allows.is_null())) return;
    if (!is_due(rule.last, rule.rule.every, now)) return;
    rule.last = on_the_beat(rule.last, rule.rule.every, now);
    Result<std::vector<Finding>> holding = evaluate_sql_rule(rule.rule, sources_.sql, now, rule.state);
    rule.health.error = holding ? "" : holding.error().message;
    if (holding) rule.holding = std::move(*holding);
    rule.health.active = rule.state.size();
    round.findings.push_back({source_of(path, rule.rule), now, rule.holding});
  }

  void evaluate_logs(Time now, Round& round) {
    if (!log_errors_.due(now)) return;
    ResourceFinder finder(sources_.sql, now);
    Result<std::vector<Finding>> holding = log_errors_.evaluate(now, sources_.logs, finder);
    log_health_.error = holding ? "" : holding.error().message;
    if (holding) log_holding_ = std::move(*holding);
    log_health_.active = log_holding_.size();
    round.findings.push_back({std::string(kLogSource), now, log_holding_});
  }

  const Sources sources_;
  std::vector<KindSpec> kinds_;
  const DetectorOptions options_;
  std::map<std::string, LoadedFile> files_;
  std::map<std::string, Time> open_;  // Since when findings of the last process hold, by id.
  LogErrorDetector log_errors_;
  std::vector<Finding> log_holding_;
  RuleHealth log_health_;
  std::vector<Findings> gone_;
  std::vector<SeriesSample> markers_;
  bool restore_asked_ = false;
  std::optional<Time> down_at_;
};

Detector::Detector(Sources sources, DetectorOptions options)
    : state_(std::make_unique<State>(sources, std::move(options))) {}
Detector::~Detector() = default;

std::vector<Error> Detector::load(const std::vector<DetectFile>& files, std::vector<KindSpec> kinds) {
  return state_->load(files, std::move(kinds));
}
void Detector::restore(const std::vector<Finding>& open) { state_->restore(open); }
Detector::Round Detector::evaluate(Time now) { return state_->evaluate(now); }
std::vector<std::string> Detector::sources() const { return state_->sources(); }
std::vector<SqlRule> Detector::configuration_rules() const { return state_->configuration_rules(); }

std::vector<RuleHealth> Detector::health() const { return state_->health(); }

}  // namespace capstan::detect
