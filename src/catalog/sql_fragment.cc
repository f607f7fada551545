#include "catalog/sql_fragment.h"

#include <fmt/format.h>

#include "catalog/sql_text.h"

namespace capstan::catalog {
namespace {

constexpr std::string_view kBeginsParameter = "?:@$#";

std::unexpected<Error> refuse(std::string_view sql, size_t offset, const std::string& why) {
  const Where at = place_in(sql, offset);
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} (line {}, column {} of the SQL)", why, at.line, at.column));
}

// What follows the last token: spaces, and comments that must end before the text does.
Status check_end(std::string_view sql, size_t from) {
  for (size_t at = from; at < sql.size();) {
    const std::string_view rest = sql.substr(at);
    const bool is_line = rest.starts_with("--");
    if (!is_line && !rest.starts_with("/*")) {
      ++at;
      continue;
    }
    const size_t end = is_line ? rest.find('\n') : rest.find("*/", 2);
    if (end == std::string_view::npos)
      return refuse(sql, at,
                    is_line ? "the comment that begins with -- goes on behind the text: begin a new line after it, or "
                              "leave it out"
                            : "the comment that begins with /* is never closed");
    at += end + (is_line ? 1 : 2);
  }
  return {};
}

}  // namespace

Status check_fragment(std::string_view sql) {
  // SQLite reads no further than this.
  if (const size_t nul = sql.find('\0'); nul != std::string_view::npos) return refuse(sql, nul, "a byte of value 0");
  const auto tokens = split_sql(sql);
  if (!tokens) return refuse(sql, 0, tokens.error().message);
  if (tokens->empty()) return fail(ErrorCode::kInvalidArgument, "there is no SQL in it");
  std::vector<size_t> open;
  for (const SqlToken& token : *tokens) {
    const bool names_parameter = token.kind == SqlToken::Kind::kParameter ||
                                 (token.kind == SqlToken::Kind::kSign && kBeginsParameter.contains(token.text.front()));
    if (names_parameter)
      return refuse(sql, token.offset, fmt::format("the parameter {} has no value here", token.text));
    if (token.is_sign(';')) return refuse(sql, token.offset, "a ; would end the statement that this is a part of");
    if (token.is_sign('(')) open.push_back(token.offset);
    if (!token.is_sign(')')) continue;
    if (open.empty()) return refuse(sql, token.offset, "this ) closes a bracket that is not in the text");
    open.pop_back();
  }
  if (!open.empty()) return refuse(sql, open.back(), "this ( is never closed");
  return check_end(sql, tokens->back().offset + tokens->back().text.size());
}

}  // namespace capstan::catalog
