// Tables that people are told by the clock: who uses what, and what it saved, every morning.
//
//   report: trial-usage
//   title: Trial accounts
//   when: { cron: "0 9 * * mon-fri", zone: Asia/Seoul }
//   sql: SELECT name, hours, ends_on FROM trial_account ORDER BY name
//   empty: skip            # or tell (the default): a message that says so
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "decide/cron.h"
#include "loop/config_tree.h"
#include "model/draft.h"
#include "model/table.h"

namespace capstan::loop {

struct Report {
  std::string name;
  std::string title;
  std::string sql;
  decide::Cron cron;
  bool tells_of_nothing = true;
  Where at;
};

// All mistakes of a document; `sql` (null: not checked) checks its question.
std::expected<Report, std::vector<Error>> read_report(const ConfigNode& document, const SqlSource* sql);

// Owned by the loop's thread.
class ReportDesk {
 public:
  // Of a file with a mistake, the reports of its last good version stay.
  std::vector<Error> load(const ConfigTree& config, const SqlSource& sql);

  struct Due {
    std::vector<Draft> drafts;
    std::vector<Error> problems;  // Of reports that could not be made, and will be tried again.
  };
  // The reports whose time came since the last look, or within an hour before it: a restart at nine loses no report.
  // The id of a message is made of report and time, so that who has it already is not told twice.
  Due due(const SqlSource& sql, Time now);

 private:
  std::map<std::filesystem::path, std::vector<Report>> good_;
  std::map<std::string, Time> told_;  // By report: the last of its times that was done.
  std::map<std::string, Time> not_before_;
};

}  // namespace capstan::loop
