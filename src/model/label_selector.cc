#include "decide/label_selector.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::decide {
namespace {

constexpr size_t kMaxLength = 4096;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '/' || c == ':';
}

}  // namespace

// Grammar: requirement {"," requirement}; positions in errors count characters from 1.
class LabelSelector::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<Requirement>> parse() {
    std::vector<Requirement> requirements;
    skip_blanks();
    if (at_end()) return requirements;
    while (true) {
      requirements.push_back(TRY(requirement()));
      skip_blanks();
      if (at_end()) return requirements;
      if (!take(',')) return refuse("','");
    }
  }

 private:
  Result<Requirement> requirement() {
    skip_blanks();
    Requirement requirement;
    if (take('!')) {
      requirement.key = TRY(word("a label"));
      requirement.op = Operator::kAbsent;
      return requirement;
    }
    requirement.key = TRY(word("a label"));
    skip_blanks();
    if (at_end() || peek() == ',') {
      requirement.op = Operator::kExists;
      return requirement;
    }
    if (take('!')) {
      if (!take('=')) return refuse("'!='");
      requirement.op = Operator::kNotIn;
      requirement.values.push_back(value());
      return requirement;
    }
    if (take('=')) {
      take('=');
      requirement.values.push_back(value());
      return requirement;
    }
    if (peek() == '<' || peek() == '>') {
      return fail(ErrorCode::kUnimplemented,
                  fmt::format("'{}' in the label selector '{}' is not supported yet", peek(), text_));
    }
    const std::string op = TRY(word("'=', '!=', 'in' or 'notin'"));
    if (op != "in" && op != "notin") return refuse("'=', '!=', 'in' or 'notin'");
    requirement.op = op == "in" ? Operator::kIn : Operator::kNotIn;
    TRY(value_list(requirement.values));
    return requirement;
  }

  Status value_list(std::vector<std::string>& values) {
    skip_blanks();
    if (!take('(')) return refuse("'('");
    while (true) {
      values.push_back(value());
      skip_blanks();
      if (take(')')) return {};
      if (!take(',')) return refuse("',' or ')'");
    }
  }

  // May be empty: "env=" means an empty value.
  std::string value() {
    skip_blanks();
    const size_t start = at_;
    while (!at_end() && is_word(peek())) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  Result<std::string> word(std::string_view expected) {
    std::string text = value();
    if (text.empty()) return refuse(expected);
    return text;
  }

  std::unexpected<Error> refuse(std::string_view expected) const {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("label selector '{}': expected {} at character {}", text_, expected, at_ + 1));
  }

  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  bool take(char c) {
    if (at_end() || peek() != c) return false;
    ++at_;
    return true;
  }
  void skip_blanks() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n')) ++at_;
  }

  std::string_view text_;
  size_t at_ = 0;
};

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  if (text.size() > kMaxLength) return fail(ErrorCode::kInvalidArgument, "a label selector is not that long");
  LabelSelector selector;
  selector.text_ = text;
  selector.requirements_ = TRY(Parser(text).parse());
  return selector;
}

bool LabelSelector::matches(const Labels& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const std::string_view value = labels.get(requirement.key);
    const bool among = std::ranges::find(requirement.values, value) != requirement.values.end();
    switch (requirement.op) {
      case Operator::kIn: return among;
      case Operator::kNotIn: return !among;
      case Operator::kExists: return !value.empty();
      case Operator::kAbsent: return value.empty();
    }
    return false;
  });
}

std::string sql_quote(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::string LabelSelector::to_sql(std::string_view id) const {
  std::string sql;
  for (const Requirement& requirement : requirements_) {
    const bool negative = requirement.op == Operator::kNotIn || requirement.op == Operator::kAbsent;
    std::string values;
    for (const std::string& value : requirement.values) {
      values += (values.empty() ? "" : ", ") + sql_quote(value);
    }
    // An absent label counts as the empty value, which the table does not hold.
    const bool empty_value = std::ranges::find(requirement.values, "") != requirement.values.end();
    std::string condition = fmt::format("EXISTS (SELECT 1 FROM label WHERE label.resource = {} AND label.name = {}{})",
                                        id, sql_quote(requirement.key),
                                        requirement.values.empty() ? "" : " AND label.value IN (" + values + ")");
    if (empty_value) {
      condition = fmt::format("({} OR NOT EXISTS (SELECT 1 FROM label WHERE label.resource = {} AND label.name = {}))",
                              condition, id, sql_quote(requirement.key));
    }
    sql += (sql.empty() ? "" : " AND ") + (negative ? "NOT " + condition : condition);
  }
  return sql;
}

}  // namespace capstan::decide
