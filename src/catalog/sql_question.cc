#include "catalog/sql_question.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "catalog/kind_table.h"
#include "catalog/sql_guard.h"

namespace capstan::catalog {
namespace {

constexpr size_t kMostCalls = 20;

// Words that can follow a table in FROM and are no alias of it.
constexpr std::array<std::string_view, 24> kAfterTable = {
    "where", "join",   "left",      "inner",   "cross", "natural", "full",   "right",
    "outer", "on",     "using",     "group",   "order", "limit",   "having", "window",
    "union", "except", "intersect", "indexed", "not",   "set",     "values", "offset"};

std::string quoted_text(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

// What a column was, from the fields of a version.
std::string column_sql(const KindSpec::Column& column) {
  if (column.from.empty() && column.measure == Measure::kPlain) {
    return fmt::format("json_extract(fields, '$.{}')", column.name);
  }
  const std::string path = column.from.empty() ? column.name : column.from.text();
  return fmt::format("column_of(fields, {}, '{}', '{}')", quoted_text(path), to_string(column.measure),
                     to_string(column.type));
}

// "2026-01-08T18:00:00Z", "now", "now-15m".
Result<Time> moment(std::string_view text, Time now) {
  if (!text.starts_with("now")) return parse_time(text);
  const std::string_view rest = text.substr(3);
  if (rest.empty()) return now;
  const Duration shift = TRY(parse_duration(rest.substr(1)));
  if (rest[0] == '-') return now - shift;
  if (rest[0] == '+') return now + shift;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no time; write 'now-15m'", text));
}

class Reader {
 public:
  Reader(std::string_view sql, const SqlDialect& dialect) : dialect_(dialect) {
    question_.text = std::make_shared<const std::string>(sql);
  }

  Result<SqlQuestion> run() {
    question_.tokens = TRY(split_sql(*question_.text));
    TRY(check_statement());
    TRY(check_names());
    while (at_ < tokens().size()) {
      if (is_now()) {
        replace(tokens()[at_].offset, tokens()[at_].text.size(), std::string(kNowParameter));
        ++at_;
      } else if (is_call()) {
        TRY(read_call());
      } else {
        ++at_;
      }
    }
    copy_until(question_.text->size());
    return std::move(question_);
  }

 private:
  const std::vector<SqlToken>& tokens() const { return question_.tokens; }
  Where where(const SqlToken& token) const { return place_in(*question_.text, token.offset); }

  Status check_statement() {
    if (tokens().empty()) return fail(ErrorCode::kInvalidArgument, "an empty query");
    size_t first = 0;
    if (tokens()[0].is_word("explain")) first = tokens().size() > 3 && tokens()[1].is_word("query") ? 3 : 1;
    const SqlToken& begin = tokens()[std::min(first, tokens().size() - 1)];
    if (!begin.is_word("select") && !begin.is_word("with") && !begin.is_word("values")) {
      return fail(ErrorCode::kPermissionDenied,
                  fmt::format("only questions are allowed here (SELECT, WITH, VALUES, EXPLAIN), not '{}'", begin.text),
                  where(begin));
    }
    for (size_t i = 0; i + 1 < tokens().size(); ++i) {
      if (tokens()[i].is_sign(';') && !tokens()[i + 1].is_sign(';')) {
        return fail(ErrorCode::kPermissionDenied, "only one statement at a time", where(tokens()[i + 1]));
      }
    }
    return {};
  }

  Status check_names() {
    for (const SqlToken& token : tokens()) {
      if (lower_case(token.content()) != kLedgerView) continue;
      return fail(ErrorCode::kPermissionDenied, fmt::format("'{}' is no name for a question", kLedgerView),
                  where(token));
    }
    return {};
  }

  bool follows_dot() const { return at_ > 0 && tokens()[at_ - 1].is_sign('.'); }
  bool next_is(char sign) const { return at_ + 1 < tokens().size() && tokens()[at_ + 1].is_sign(sign); }

  bool is_now() const {
    return tokens()[at_].is_word("now") && !follows_dot() && !next_is('.') && !next_is('(') &&
           !(at_ > 0 && tokens()[at_ - 1].is_word("as"));
  }

  bool is_call() const {
    if (tokens()[at_].kind != SqlToken::Kind::kWord || follows_dot() || !next_is('(')) return false;
    const std::string name = lower_case(tokens()[at_].text);
    return dialect_.table_functions.contains(name) || is_history(name);
  }
  bool is_history(std::string_view name) const {
    return name == "resource_at" || name == "relation_at" || kind_of_history(name) != nullptr;
  }
  const KindSpec* kind_of_history(std::string_view name) const {
    if (!name.ends_with("_at") || dialect_.kinds == nullptr) return nullptr;
    const auto kind = std::ranges::find(*dialect_.kinds, name.substr(0, name.size() - 3), &KindSpec::name);
    return kind == dialect_.kinds->end() ? nullptr : &*kind;
  }

  Status read_call() {
    const SqlToken name = tokens()[at_];
    const std::string function = lower_case(name.text);
    std::vector<SqlValue> arguments = TRY(read_arguments(name));
    // at_ is now behind the closing bracket.
    const SqlToken& close = tokens()[at_ - 1];
    const size_t length = close.offset + 1 - name.offset;
    const bool aliased = has_alias();
    std::string replacement;
    if (is_history(function)) {
      replacement = TRY(history(name, function, arguments));
    } else {
      if (question_.calls.size() >= kMostCalls) {
        return fail(ErrorCode::kResourceExhausted,
                    fmt::format("more than {} calls of table functions in one query", kMostCalls), where(name));
      }
      SqlQuestion::Call call{.function = function,
                             .arguments = std::move(arguments),
                             .written = question_.text->substr(name.offset, length),
                             .table = fmt::format("capstan_call_{}", question_.calls.size() + 1),
                             .alias = aliased ? alias() : function,
                             .offset = name.offset};
      replacement = "temp." + call.table;
      question_.calls.push_back(std::move(call));
    }
    if (!aliased) replacement += " AS " + function;
    replace(name.offset, length, replacement);
    return {};
  }

  bool has_alias() const {
    if (at_ >= tokens().size()) return false;
    const SqlToken& next = tokens()[at_];
    if (next.kind == SqlToken::Kind::kQuotedName) return true;
    if (next.kind != SqlToken::Kind::kWord) return false;
    return std::ranges::find(kAfterTable, lower_case(next.text)) == kAfterTable.end();
  }
  std::string alias() const {
    const size_t index = tokens()[at_].is_word("as") ? at_ + 1 : at_;
    return index < tokens().size() ? lower_case(tokens()[index].content()) : "";
  }

  Result<std::vector<SqlValue>> read_arguments(const SqlToken& name) {
    std::vector<SqlValue> arguments;
    at_ += 2;  // The name and the opening bracket.
    bool expect_value = true;
    for (; at_ < tokens().size(); ++at_) {
      const SqlToken& token = tokens()[at_];
      if (token.is_sign(')') && (!expect_value || arguments.empty())) {
        ++at_;
        return arguments;
      }
      if (expect_value) {
        arguments.push_back(TRY(read_constant(name)));
      } else if (!token.is_sign(',')) {
        return not_constant(name, token);
      }
      expect_value = !expect_value;
    }
    return fail(ErrorCode::kInvalidArgument, fmt::format("the bracket of {}( is never closed", name.text), where(name));
  }

  std::unexpected<Error> not_constant(const SqlToken& name, const SqlToken& token) const {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}() takes constants, because it is asked before the query runs; '{}' is none", name.text,
                            token.text),
                where(token));
  }

  // Leaves at_ on the constant's last token.
  Result<SqlValue> read_constant(const SqlToken& name) {
    bool negative = false;
    while (tokens()[at_].is_sign('-') || tokens()[at_].is_sign('+')) {
      negative ^= tokens()[at_].is_sign('-');
      if (++at_ == tokens().size() || tokens()[at_].kind != SqlToken::Kind::kNumber) {
        return not_constant(name, tokens()[at_ - 1]);
      }
    }
    const SqlToken& token = tokens()[at_];
    if (token.kind == SqlToken::Kind::kString) return token.content();
    if (token.kind == SqlToken::Kind::kNumber) return number(name, token, negative);
    if (token.is_word("null")) return SqlValue();
    if (token.is_word("now")) return format_time(dialect_.now);
    if (token.kind == SqlToken::Kind::kParameter) {
      const SqlValue* value = dialect_.parameter ? dialect_.parameter(token.text) : nullptr;
      if (value != nullptr) return *value;
      return fail(ErrorCode::kInvalidArgument, fmt::format("the parameter {} has no value", token.text), where(token));
    }
    return not_constant(name, token);
  }

  Result<SqlValue> number(const SqlToken& name, const SqlToken& token, bool negative) const {
    const char* begin = token.text.data();
    const char* end = begin + token.text.size();
    int64_t integer = 0;
    if (const auto [last, error] = std::from_chars(begin, end, integer); error == std::errc() && last == end) {
      return negative ? -integer : integer;
    }
    double real = 0;
    if (const auto [last, error] = std::from_chars(begin, end, real); error == std::errc() && last == end) {
      return negative ? -real : real;
    }
    return not_constant(name, token);
  }

  Result<std::string> history(const SqlToken& name, const std::string& function,
                              const std::vector<SqlValue>& arguments) {
    const std::string* text = arguments.size() == 1 ? std::get_if<std::string>(&arguments[0]) : nullptr;
    if (text == nullptr) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{0}() takes one time: {0}('2026-01-08T18:00:00Z') or {0}('now-15m')", function),
                  where(name));
    }
    const Result<Time> time = moment(*text, dialect_.now);
    if (!time) return fail(time.error().code, fmt::format("{}(): {}", function, time.error().message), where(name));
    const std::string at = quoted_text(format_time(*time));
    const std::string valid = fmt::format("valid_from <= {0} AND (valid_to IS NULL OR valid_to > {0})", at);
    if (function == "relation_at") {
      return fmt::format(
          "(SELECT source, kind, target, origin, valid_from AS since, seq FROM main.relation_history "
          "WHERE {})",
          valid);
    }
    if (function == "resource_at") {
      return fmt::format(
          "(SELECT id, kind, name, labels, fields, valid_from AS since, seq FROM main.resource_history "
          "WHERE {})",
          valid);
    }
    const KindSpec& kind = *kind_of_history(function);
    std::string columns = "id, name";
    for (const KindSpec::Column& column : kind.columns) {
      // What a volatile column was is not in the history.
      columns += column.is_volatile ? fmt::format(", NULL AS {}", sql_name(column.name))
                                    : fmt::format(", {} AS {}", column_sql(column), sql_name(column.name));
    }
    return fmt::format("(SELECT {} FROM main.resource_history WHERE kind = '{}' AND {})", columns, kind.name, valid);
  }

  void copy_until(size_t offset) {
    if (offset == copied_) return;
    question_.pieces.push_back({.begin = question_.sql.size(), .source = copied_, .copied = true});
    question_.sql.append(*question_.text, copied_, offset - copied_);
    copied_ = offset;
  }
  void replace(size_t offset, size_t length, const std::string& with) {
    copy_until(offset);
    question_.pieces.push_back({.begin = question_.sql.size(), .source = offset, .copied = false});
    question_.sql += with;
    copied_ = offset + length;
  }

  const SqlDialect& dialect_;
  SqlQuestion question_;
  size_t at_ = 0;      // The token that is looked at.
  size_t copied_ = 0;  // The original up to here is in `sql`.
};

}  // namespace

Where SqlQuestion::place(size_t offset) const {
  size_t source = 0;
  for (const Piece& piece : pieces) {
    if (piece.begin > offset) break;
    source = piece.source + (piece.copied ? offset - piece.begin : 0);
  }
  return place_in(*text, source);
}

Where SqlQuestion::place_of(std::string_view word) const {
  for (const SqlToken& token : tokens) {
    const bool name = token.kind == SqlToken::Kind::kWord || token.kind == SqlToken::Kind::kQuotedName;
    if (name && lower_case(token.content()) == lower_case(word)) return place_in(*text, token.offset);
  }
  return {};
}

Result<SqlQuestion> read_question(std::string_view sql, const SqlDialect& dialect) {
  return Reader(sql, dialect).run();
}

}  // namespace capstan::catalog
