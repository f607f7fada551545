#include "diagnose/question.h"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/picture_question.h"
#include "detect/rule_this.h"
#include "detect/sql_rule.h"

namespace capstan::diagnose {
namespace {

constexpr size_t kIds = 100'000;  // A number that no rule uses.
constexpr size_t kMostRows = 1'000;

}  // namespace

Status make_event_table(catalog::Picture& picture) {
  return picture.database().execute(
      "CREATE TEMP TABLE IF NOT EXISTS diagnosis_event(resource TEXT, reason TEXT, message TEXT, count INTEGER, "
      "age_seconds INTEGER)");
}

Status fill_event_table(catalog::Picture& picture, const Testimony& testimony) {
  TRY(make_event_table(picture));
  TRY(picture.database().execute("DELETE FROM temp.diagnosis_event"));
  if (testimony.events.empty()) return {};
  sqlite::Statement insert = TRY(picture.database().prepare("INSERT INTO temp.diagnosis_event VALUES(?, ?, ?, ?, ?)"));
  for (const Event& event : testimony.events) {
    const int64_t age = (testimony.now - event.last).count() / 1'000;
    TRY(insert.with(event.resource, event.reason, event.message, event.count, age).run());
  }
  return {};
}

Result<Table> ask(catalog::Picture& picture, const Question& question, const std::vector<ResourceId>& ids) {
  const std::string table = TRY(picture.id_table(kIds));
  TRY(picture.fill_id_table(kIds, of_kinds(ids, question.on)));
  detect::SqlRule rule;
  rule.on = question.on;
  rule.question = question.find;
  auto prepared =
      TRY(catalog::PictureQuestion::prepare(picture, detect::with_this_among(rule, picture.kinds(), table)));
  Table answer = TRY(prepared.ask(kMostRows));
  if (std::ranges::find(answer.columns, "id") == answer.columns.end()) {
    return fail(ErrorCode::kInvalidArgument, "it must give a column 'id'");
  }
  // Where the rows come in an order of the database, a diagnosis would say now this and now that first.
  std::ranges::sort(answer.rows);
  return answer;
}

std::string value_of(const Table& table, size_t row, std::string_view column) {
  const auto found = std::ranges::find(table.columns, column);
  if (found == table.columns.end()) return {};
  return to_text(table.rows[row][static_cast<size_t>(found - table.columns.begin())]);
}

std::string kind_of(const ResourceId& id) { return id.substr(0, id.find('/')); }

std::vector<ResourceId> of_kinds(const std::vector<ResourceId>& ids, const std::vector<std::string>& kinds) {
  std::vector<ResourceId> found;
  std::ranges::copy_if(ids, std::back_inserter(found),
                       [&](const ResourceId& id) { return std::ranges::find(kinds, kind_of(id)) != kinds.end(); });
  return found;
}

}  // namespace capstan::diagnose
