// The front of detection: files of rules in, findings and samples out.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "detect/group_evaluator.h"
#include "detect/log_errors.h"
#include "detect/sql_rule.h"
#include "model/finding.h"
#include "model/signal.h"
#include "model/table.h"

namespace capstan::detect {

struct DetectFile {
  enum class Kind { kAlerts, kSqlRules };
  Kind kind = Kind::kAlerts;
  std::string path;  // Also its name in errors and in the sources of findings.
  std::string text;
};

// The rule files of packs and of the user's directory: <directory>/*/alerts/*.yaml and <directory>/*/rules.yaml, and
// <directory>/alerts/*.yaml and <directory>/rules.yaml. `problems` gets those that cannot be read.
std::vector<DetectFile> read_detect_files(const std::vector<std::filesystem::path>& directories,
                                          std::vector<Error>& problems);

struct DetectorOptions {
  Duration interval{15'000};  // Of groups that name none.
  Labels external_labels;
  std::string external_url;
  LogErrorOptions log_errors;
  bool asks_configuration_rules = true;  // Rules that say what they are `on`; else somebody asks them of a picture.
};

// The same files, facts and times give the same findings. Not thread-safe. The sources must outlive it.
class Detector {
 public:
  struct Sources {
    const SignalSource& signals;
    const SqlSource& sql;
    const LogSource& logs;
    const Manual* manual = nullptr;  // May be none.
  };
  Detector(Sources sources, DetectorOptions options);
  ~Detector();

  // Puts the files in force. Of a file with problems the last good version stays. Rules that are as before keep their
  // alerts. `kinds` are what rules can be `on`. Gives all problems, in the
  // order of files and lines.
  std::vector<Error> load(const std::vector<DetectFile>& files, std::vector<KindSpec> kinds = {});

  // Once, before the first round: findings that were open when the last process ended, so that what still holds is the
  // same finding, and is not told anew.
  void restore(const std::vector<Finding>& open);

  struct Round {
    std::vector<Findings> findings;     // Of the sources that were due, and empty ones of sources that are gone.
    std::vector<SeriesSample> samples;  // To be appended: ALERTS, ALERTS_FOR_STATE, recorded series.
  };
  // Evaluates what is due: each group by its interval, each SQL rule by its `every`. A rule that fails keeps the
  // findings it had, is told by `health`, and stops no other.
  Round evaluate(Time now);

  // The sources of all that is in force: findings of any other are of rules that no longer exist.
  std::vector<std::string> sources() const;
  // The rules about configuration that are in force, for who asks them of a picture.
  std::vector<SqlRule> configuration_rules() const;

  // How every rule's last evaluation went.
  std::vector<RuleHealth> health() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace capstan::detect
