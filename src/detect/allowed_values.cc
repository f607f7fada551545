#include "detect/allowed_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "model/object_mapping.h"
#include "schema/fault_text.h"

namespace capstan::detect {
namespace {

constexpr size_t kMostRows = 100'000;

// Which row of which question is about an object.
struct Asked {
  size_t question = 0;
  size_t row = 0;
};

std::map<ResourceId, std::vector<Asked>> by_object(const std::vector<AllowedQuestion>& questions) {
  std::map<ResourceId, std::vector<Asked>> asked;
  for (size_t i = 0; i < questions.size(); ++i) {
    const Table& table = **questions[i].table;
    const auto id = static_cast<size_t>(std::ranges::find(table.columns, "id") - table.columns.begin());
    for (size_t row = 0; row < table.rows.size() && id < table.columns.size(); ++row) {
      asked[to_text(table.rows[row][id])].push_back({i, row});
    }
  }
  return asked;
}

schema::CheckedValue check(const AllowedQuestion& question, const KindSpec& kind, const Json& object) {
  const auto place = kind.places.find(question.rule->within);
  if (place == kind.places.end()) return question.allows->check(object);
  const std::vector<const Json*> values = place->second.find(object);
  return values.empty() ? schema::CheckedValue() : question.allows->check(*values[0], place->second.text());
}

std::vector<SqlValue> row_of(std::vector<SqlValue> row, const schema::Fault& fault) {
  const Words sentence = schema::to_sentence(fault);
  const Words advice = schema::to_advice(fault);
  for (const std::string& text : {fault.place, fault.value, fault.allowed.text, fault.nearest, sentence.text,
                                  advice.text, say(sentence, Language::kKorean), say(advice, Language::kKorean)}) {
    row.emplace_back(text);
  }
  return row;
}

}  // namespace

void find_faults(const catalog::Picture& picture, const std::vector<AllowedQuestion>& questions) {
  std::vector<std::vector<std::vector<SqlValue>>> rows(questions.size());
  for (const auto& [id, asked] : by_object(questions)) {
    std::optional<Resource> resource = picture.find(id);
    const auto kind = std::ranges::find(picture.kinds(), id.substr(0, id.find('/')), &KindSpec::name);
    if (!resource || kind == picture.kinds().end()) continue;
    const Json object = ObjectMapping::to_object(*kind, *std::move(resource));
    for (const auto& [question, row] : asked) {
      for (const schema::Fault& fault : check(questions[question], *kind, object).faults) {
        rows[question].push_back(row_of((*questions[question].table)->rows[row], fault));
      }
    }
  }
  for (size_t i = 0; i < questions.size(); ++i) {
    Result<Table>& table = *questions[i].table;
    if (rows[i].size() > kMostRows) {
      table = fail(ErrorCode::kResourceExhausted, fmt::format("more than {} values are not allowed", kMostRows));
      continue;
    }
    for (std::string_view column : {kPlaceColumn, std::string_view("value"), std::string_view("allowed"),
                                    std::string_view("nearest"), std::string_view("fault"), std::string_view("advice"),
                                    std::string_view("fault_ko"), std::string_view("advice_ko")}) {
      table->columns.emplace_back(column);
    }
    table->rows = std::move(rows[i]);
  }
}

}  // namespace capstan::detect
