// What records of a kind must say: accounts, owners, sites. A document of a pack:
//
//   record_form: trial_account              # a kind of that name has the columns
//   required: [mail, starts_on, ends_on]
//   unique: [mail]
//   defaults: { zone: Asia/Seoul, hours: "Mon-Fri 09:00-18:00" }
//   formats: { mail: mail, zone: zone, hours: window, starts_on: date, ends_on: date }
//   instants: { begins_at: { start_of: starts_on }, ends_at: { end_of: ends_on } }   # in the zone of column 'zone'
//   clocks: { schedule_start: { start_of: hours }, schedule_stop: { end_of: hours } }   # decide/window_cron.h
//   removal: { at: removed_at, while: belongs_to }   # loop/removed_records.h
//   check: [ { that: "ends_on >= starts_on", says: "it ends before it begins" } ]
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "model/resource.h"

namespace capstan::loop {

struct RecordForm {
  // A column that follows from another: the instant of a day, the clock of a window.
  struct Edge {
    std::string column;
    std::string of;
    bool end = false;  // The end of that day or window, not its start.
  };
  struct Removal {
    std::string column;    // Since when it is in no file.
    std::string relation;  // It stays known while something has this relation to it.
  };
  struct Check {
    std::string that;  // An SQL condition over the record's own columns.
    std::string says;
  };
  Where at;
  std::string kind;
  std::vector<std::string> required;
  std::vector<std::string> unique;
  Json defaults = Json::object();
  std::map<std::string, std::string> formats;  // Column -> "mail", "zone", "window", "date".
  std::vector<Edge> instants;
  std::vector<Edge> clocks;
  std::optional<Removal> removal;  // None: what is taken out of its file is gone at once.
  std::vector<Check> checks;
};

struct RecordForms {
  std::map<std::string, RecordForm, std::less<>> forms;  // By kind.
  std::vector<Error> problems;
};
RecordForms read_record_forms(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds);

const KindSpec* kind_of_records(std::span<const KindSpec> kinds, std::string_view name);  // nullptr: no such kind.
// "name" is one of every kind.
bool has_column(const KindSpec& kind, std::string_view name);

}  // namespace capstan::loop
