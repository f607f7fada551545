#include "model/label_selector.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan {
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

  // May be empty: "env=" means a label with an empty value.
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

namespace {

using Requirement = LabelSelector::Requirement;

Result<Requirement> expression(const Json& json) {
  Requirement requirement{.key = json["key"].string_or_empty(), .values = {}};
  const std::string& op = json["operator"].string_or_empty();
  for (const Json& value : json["values"].items()) requirement.values.push_back(value.string_or_empty());
  if (requirement.key.empty()) return fail(ErrorCode::kInvalidArgument, "a label expression without 'key'");
  if (op == "In" || op == "NotIn") {
    requirement.op = op == "In" ? LabelSelector::Operator::kIn : LabelSelector::Operator::kNotIn;
    if (!requirement.values.empty()) return requirement;
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{} {}' needs 'values'", requirement.key, op));
  }
  if (op == "Exists" || op == "DoesNotExist") {
    requirement.op = op == "Exists" ? LabelSelector::Operator::kExists : LabelSelector::Operator::kAbsent;
    return requirement;
  }
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("the operator '{}' of '{}': expected In, NotIn, Exists or DoesNotExist", op, requirement.key));
}

std::string to_text(const Requirement& requirement) {
  switch (requirement.op) {
    case LabelSelector::Operator::kExists: return requirement.key;
    case LabelSelector::Operator::kAbsent: return "!" + requirement.key;
    case LabelSelector::Operator::kIn:
      if (requirement.values.size() == 1) return requirement.key + "=" + requirement.values[0];
      return fmt::format("{} in ({})", requirement.key, fmt::join(requirement.values, ", "));
    case LabelSelector::Operator::kNotIn:
      return fmt::format("{} notin ({})", requirement.key, fmt::join(requirement.values, ", "));
  }
  return "";
}

bool is_among(const std::string& value, const std::vector<std::string>& values) {
  return std::ranges::find(values, value) != values.end();
}

bool holds(const Requirement& requirement, const ResourceLabels& labels) {
  const auto label = labels.find(requirement.key);
  const bool has = label != labels.end();
  switch (requirement.op) {
    case LabelSelector::Operator::kExists: return has;
    case LabelSelector::Operator::kAbsent: return !has;
    case LabelSelector::Operator::kIn: return has && is_among(label->second, requirement.values);
    case LabelSelector::Operator::kNotIn: return !has || !is_among(label->second, requirement.values);
  }
  return false;
}

}  // namespace

Result<LabelSelector> LabelSelector::from_json(const Json& selector) {
  const bool is_object = selector.contains("matchLabels") || selector.contains("matchExpressions");
  LabelSelector result;
  for (const auto& [key, value] : is_object ? selector["matchLabels"].members() : selector.members()) {
    if (!value.is_string()) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("the label '{}' of a selector must be text", key));
    }
    result.requirements_.push_back({.key = key, .op = Operator::kIn, .values = {value.string_or_empty()}});
  }
  if (is_object) {
    for (const Json& json : selector["matchExpressions"].items()) {
      result.requirements_.push_back(TRY(expression(json)));
    }
  }
  for (const Requirement& requirement : result.requirements_) {
    result.text_ += (result.text_.empty() ? "" : ",") + to_text(requirement);
  }
  return result;
}

bool LabelSelector::matches(const ResourceLabels& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& each) { return holds(each, labels); });
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
    const std::string condition = fmt::format(
        "EXISTS (SELECT 1 FROM label WHERE label.resource = {} AND label.name = {}{})", id, sql_quote(requirement.key),
        requirement.values.empty() ? "" : " AND label.value IN (" + values + ")");
    sql += (sql.empty() ? "" : " AND ") + (negative ? "NOT " + condition : condition);
  }
  return sql;
}

}  // namespace capstan
