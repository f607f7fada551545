#include "foresee/policy_reads.h"

#include "catalog/sql_text.h"
#include "decide/action_effect.h"

namespace capstan::foresee {
namespace {

Status add(std::string_view sql, PolicyReads& reads) {
  for (const catalog::SqlToken& token : TRY(catalog::split_sql(sql))) {
    const bool is_name =
        token.kind == catalog::SqlToken::Kind::kWord || token.kind == catalog::SqlToken::Kind::kQuotedName;
    if (is_name) reads.names.insert(catalog::lower_case(token.content()));
  }
  return {};
}

Status add(const decide::Selection& selection, PolicyReads& reads) {
  if (!selection.kind.empty()) reads.names.insert(selection.kind);
  if (!selection.sql.empty()) reads.is_local = false;
  TRY(add(selection.where, reads));
  return add(selection.sql, reads);
}

}  // namespace

Result<PolicyReads> reads_of(const decide::Policy& policy, const decide::VerbEffects& effects) {
  PolicyReads reads;
  TRY(add(policy.select, reads));
  for (const decide::Selection& never : policy.never) TRY(add(never, reads));
  if (policy.ensure) {
    const decide::Ensure& ensure = *policy.ensure;
    TRY(add(ensure.hours, reads));
    for (const std::vector<decide::Kept>* list : {&ensure.kept, &ensure.kept_outside}) {
      for (const decide::Kept& kept : *list) TRY(add(kept.so, reads));
    }
    if (!ensure.is_list()) reads.names.insert(catalog::lower_case(ensure.inside.column));
    if (ensure.outside) reads.names.insert(catalog::lower_case(ensure.outside->column));
  }
  // What steps bring about shows in these, where their target has them.
  for (const decide::Step& step : policy.steps) {
    reads.names.insert({"state", "status"});
    for (const auto& [name, value] : step.parameters.members()) reads.names.insert(catalog::lower_case(name));
  }
  for (const decide::ActionEffect& effect : decide::effects_of(policy, effects)) {
    for (const auto& [column, value] : effect.leaves.sets) reads.names.insert(catalog::lower_case(column));
    reads.asks_belongings |= effect.leaves.removes || !effect.leaves.with_it.empty();
    for (const auto& [kind, columns] : effect.leaves.with_it) {
      reads.names.insert(kind);
      for (const auto& [column, value] : columns) reads.names.insert(catalog::lower_case(column));
    }
  }
  if (reads.has("select") || policy.deletes_all()) reads.is_local = false;
  // Where nothing is selected, the trigger points at resources one by one.
  if (policy.select.kind.empty()) reads.is_local = false;
  for (const auto& [kind, verb] : policy.deletes) {
    if (policy.deletes_all()) reads.names.insert(kind);
  }
  return reads;
}

}  // namespace capstan::foresee
