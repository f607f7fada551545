#include "detect/selector_sql.h"

#include <fmt/format.h>

#include <vector>

namespace capstan::detect {
namespace {

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

// At commas, but not within brackets.
std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  size_t start = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size()) depth += (text[i] == '(') - (text[i] == ')');
    if (i == text.size() || (text[i] == ',' && depth == 0)) {
      parts.push_back(trim(text.substr(start, i - start)));
      start = i + 1;
    }
  }
  return parts;
}

bool is_key(std::string_view key) {
  return !key.empty() && key.find_first_of(" \t\n=!()'\",") == std::string_view::npos;
}

struct Requirement {
  std::string_view key;
  bool wanted = true;
  std::vector<std::string_view> values;  // None: the label must exist, or must not.
};

std::unexpected<Error> bad(std::string_view part) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is no label condition: expected a=b, a!=b, a in (b, c), a notin (b), a or !a", part));
}

Result<Requirement> parse_set(std::string_view part, size_t open) {
  if (!part.ends_with(')')) return bad(part);
  Requirement result;
  std::string_view head = trim(part.substr(0, open));
  result.wanted = !head.ends_with(" notin");
  if (result.wanted && !head.ends_with(" in")) return bad(part);
  head.remove_suffix(result.wanted ? 3 : 6);
  result.key = trim(head);
  for (std::string_view value : split(part.substr(open + 1, part.size() - open - 2))) result.values.push_back(value);
  return result;
}

Result<Requirement> parse_part(std::string_view part) {
  if (const size_t open = part.find('('); open != std::string_view::npos) return parse_set(part, open);
  Requirement result;
  const size_t equal = part.find('=');
  if (equal == std::string_view::npos) {
    result.wanted = !part.starts_with('!');
    result.key = trim(part.substr(result.wanted ? 0 : 1));
    return result;
  }
  result.wanted = equal == 0 || part[equal - 1] != '!';
  result.key = trim(part.substr(0, result.wanted ? equal : equal - 1));
  const size_t value = part.substr(equal).starts_with("==") ? equal + 2 : equal + 1;
  result.values.push_back(trim(part.substr(value)));
  return result;
}

}  // namespace

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

Result<std::string> label_condition(std::string_view selector, std::string_view id) {
  std::string sql;
  if (trim(selector).empty()) return sql;
  for (std::string_view part : split(selector)) {
    const Requirement requirement = TRY(parse_part(part));
    if (!is_key(requirement.key)) return bad(part);
    if (!sql.empty()) sql += " AND ";
    sql += fmt::format("{}EXISTS (SELECT 1 FROM label WHERE label.resource = {} AND label.name = {}",
                       requirement.wanted ? "" : "NOT ", id, sql_text(requirement.key));
    std::string values;
    for (std::string_view value : requirement.values) values += (values.empty() ? "" : ", ") + sql_text(value);
    if (!values.empty()) sql += " AND label.value IN (" + values + ")";
    sql += ")";
  }
  return sql;
}

}  // namespace capstan::detect
