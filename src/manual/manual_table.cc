#include "manual/manual_table.h"

#include <fmt/format.h>

namespace capstan::manual {
namespace {

constexpr size_t kMostRows = 100;
constexpr std::string_view kUsage = "manual('text') or manual('text', 'product'), such as manual('137', 'kubernetes')";

SqlValue list(const std::vector<std::string>& texts) { return Json(Json::Array(texts.begin(), texts.end())).dump(); }

}  // namespace

Result<Table> ManualTable::fetch(const std::vector<SqlValue>& arguments, Time) const {
  if (arguments.empty() || arguments.size() > 2) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("manual takes one or two arguments: {}", kUsage));
  }
  Table table;
  table.columns = {"product", "code", "severity", "means", "causes", "remedies", "see", "versions"};
  const std::string product = arguments.size() == 2 ? to_text(arguments[1]) : "";
  for (const ManualEntry& entry : manual_.look_up(to_text(arguments[0]), product, kMostRows)) {
    table.rows.push_back({entry.product, entry.code, std::string(to_string(entry.severity)), entry.means,
                          list(entry.causes), list(entry.remedies), entry.see, entry.versions});
  }
  return table;
}

}  // namespace capstan::manual
