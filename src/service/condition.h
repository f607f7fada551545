// What must be so before a step is done, or for a wait to end: { "$.status": RUNNING, answer.status: [200, 404] }.
//
// Keys are paths: "$.x" lies in the body of the last answer, everything else in the scope. All must be so. A value may
// be a template; null means that there is nothing there, "*" that there is something.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "service/template.h"

namespace capstan::service {

// The path of "$.x" within the scope: answer.body.x. Other texts are paths already.
Result<JsonPath> parse_place(std::string_view text);

class Condition {
 public:
  static Result<Condition> read(const ConfigNode& node, std::string_view what);

  // An error where a template has no value.
  Result<bool> holds(const Scope& scope) const { return holds(scope.values, &scope.secrets, scope); }
  // Of one item of a list: places lie in the item, templates in the scope.
  Result<bool> holds_for(const Json& item, const Scope& scope) const { return holds(item, nullptr, scope); }
  bool empty() const { return clauses_.empty(); }
  const std::string& says() const { return says_; }

 private:
  struct Clause {
    JsonPath place;
    std::vector<Json> values;
  };
  Result<bool> holds(const Json& values, const Json* secrets, const Scope& scope) const;

  std::vector<Clause> clauses_;
  std::string says_;  // "$.status is RUNNING"
};

}  // namespace capstan::service
