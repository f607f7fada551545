#include "telemetry/matcher.h"

#include <re2/re2.h>

namespace capstan::telemetry {

Result<Matcher> Matcher::create(Type type, std::string name, std::string value) {
  Matcher matcher;
  matcher.type_ = type;
  matcher.name_ = std::move(name);
  matcher.value_ = std::move(value);
  if (type == Type::kRegex || type == Type::kNotRegex) {
    RE2::Options options(RE2::Quiet);
    options.set_dot_nl(true);  // As Prometheus since 3.0.
    auto regex = std::make_shared<const RE2>(matcher.value_, options);
    if (!regex->ok()) {
      return fail(ErrorCode::kInvalidArgument, "bad regular expression '" + matcher.value_ + "': " + regex->error());
    }
    matcher.regex_ = std::move(regex);
  }
  return matcher;
}

bool Matcher::matches(std::string_view value) const {
  switch (type_) {
    case Type::kEqual: return value == value_;
    case Type::kNotEqual: return value != value_;
    case Type::kRegex: return RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
    case Type::kNotRegex: return !RE2::FullMatch(re2::StringPiece(value.data(), value.size()), *regex_);
  }
  return false;
}

std::string Matcher::to_string() const {
  static constexpr const char* kOperators[] = {"=", "!=", "=~", "!~"};
  return name_ + kOperators[static_cast<int>(type_)] + '"' + value_ + '"';
}

}  // namespace capstan::telemetry
