#include "loop/undo_guard.h"

#include <fmt/format.h>

#include "decide/selection.h"

namespace capstan::loop {

Result<Words> forbidden_to_undo(const decide::Policy& policy, const Plan& plan, const SqlSource& sql, Time now) {
  for (const Action& action : plan.actions) {
    const std::string kind = action.target.substr(0, action.target.find('/'));
    const std::string allowed = decide::never_condition(policy, kind);
    if (allowed.empty()) continue;
    SqlSource::Options options;
    options.row_limit = 1;
    options.bind = {{":id", action.target}};
    const Table found =
        TRY(sql.query(fmt::format("SELECT 1 FROM {} WHERE id = :id AND NOT ({})", kind, allowed), now, options));
    if (!found.rows.empty()) return Words::phrase("act.kept_forbidden", {{"target", action.target}});
  }
  return Words();
}

}  // namespace capstan::loop
