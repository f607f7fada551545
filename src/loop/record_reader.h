// Resources that people write down: accounts, owners, sites. A pack says by a form (loop/record_form.h) what a record
// of a kind must look like, the user's files hold the records:
//
//   records: trial_account
//   defaults: { starts_on: 2026-03-02, ends_on: 2026-05-29 }
//   items:
//     - { name: "trial_user{01..45}", mail: "{{name}}@example.com" }
//     - { name: guest, mail: guest@example.com, hours: "Mon-Sat 08:00-20:00", labels: { plan: trial } }
#pragma once

#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "loop/record_form.h"

namespace capstan::loop {

// What no two records may share: names, and the columns that a form calls unique, by kind, column and key.
using TakenValues = std::map<std::tuple<std::string, std::string, std::string>, std::pair<std::string, Where>>;

struct Records {
  std::vector<Resource> resources;
  std::vector<Error> problems;  // Not empty: nothing of this file is to be believed. At most a few hundred are told.
  TakenValues taken;
};
// The records of one file.
Records read_records(std::span<const ConfigNode> documents, const RecordForms& forms, std::span<const KindSpec> kinds);

// What two files both say, which only one may: puts what `from` has into `into`.
std::vector<Error> merge_taken(TakenValues& into, const TakenValues& from);

}  // namespace capstan::loop
