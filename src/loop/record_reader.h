// Resources that people write down: accounts, owners, sites. A pack says what a record of a kind must look like, the
// user's files hold the records.
//
//   record_form: trial_account              # in a pack; a kind of that name has the columns
//   required: [mail, starts_on, ends_on]
//   unique: [mail]
//   defaults: { zone: Asia/Seoul, hours: "Mon-Fri 09:00-18:00" }
//   formats: { mail: mail, zone: zone, hours: window, starts_on: date, ends_on: date }
//   instants: { begins_at: { start_of: starts_on }, ends_at: { end_of: ends_on } }   # in the zone of column 'zone'
//   check: [ { that: "ends_on >= starts_on", says: "it ends before it begins" } ]
//   ---
//   records: trial_account                  # in the user's directory
//   defaults: { starts_on: 2026-03-02, ends_on: 2026-05-29 }
//   items:
//     - { name: "trial_user{01..45}", mail: "{{name}}@example.com" }
//     - { name: guest, mail: guest@example.com, hours: "Mon-Sat 08:00-20:00", labels: { plan: trial } }
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/config.h"
#include "model/resource.h"

namespace capstan::loop {

struct RecordForm {
  struct Instant {
    std::string column;
    std::string of;
    bool end = false;  // The end of that day, not its start.
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
  std::vector<Instant> instants;
  std::vector<Check> checks;
};

struct RecordForms {
  std::map<std::string, RecordForm, std::less<>> forms;  // By kind.
  std::vector<Error> problems;
};
RecordForms read_record_forms(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds);

struct Records {
  std::vector<Resource> resources;
  std::vector<Error> problems;  // Not empty: nothing of this file is to be believed.
};
// The records of one file.
Records read_records(std::span<const ConfigNode> documents, const RecordForms& forms, std::span<const KindSpec> kinds);

}  // namespace capstan::loop
