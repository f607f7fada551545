// What a policy that selects a kind asks of the catalog: one question over the kind's table, whose rows say of each
// resource all that the decision needs. Nothing else of a resource is read, so that a fleet of a million can be asked.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "decide/policy.h"
#include "decide/selection.h"
#include "model/table.h"

namespace capstan::decide {

// Lives no longer than the policy and the source.
class KindQuestion {
 public:
  KindQuestion(const Policy& policy, const SqlSource& sql, Time now, const SelectOptions& options);

  // The candidates, sorted by id. kResourceExhausted for more than the options allow.
  Result<std::vector<Candidate>> ask();

 private:
  std::string columns();
  std::vector<std::string> state_columns() const;
  // What its rows must be like, beside their place on a page.
  Result<std::string> conditions() const;
  // A condition that an index answers and that few fulfil; "" where there is none.
  Result<std::string> rare_label() const;
  Result<Table> query(const std::string& text, std::string_view after) const;
  Candidate read(const std::vector<SqlValue>& row) const;

  const Policy& policy_;
  const SqlSource& sql_;
  const Time now_;
  const SelectOptions& options_;
  const std::string id_;             // "vm.id"
  std::vector<std::string> fields_;  // The columns that show the state.
};

// Of a column that says yes or no; NULL is no.
bool is_true(const SqlValue& value);

// A selection as its clause is named to people: "labels env=dev and where cpu > 4".
std::string describe(const Selection& selection);

}  // namespace capstan::decide
