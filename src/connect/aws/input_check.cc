#include "connect/aws/input_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/fit.h"
#include "base/suggest.h"
#include "connect/aws/timestamps.h"

namespace capstan::aws {
namespace {

constexpr int kMostDepth = 100;
constexpr size_t kMostProblems = 10;
constexpr size_t kMostNamed = 40;  // Of allowed values in a message.

std::string_view type_name(const Json& value) {
  if (value.is_null()) return "nothing";
  if (value.is_bool()) return "true or false";
  if (value.is_number()) return "number";
  if (value.is_string()) return "text";
  return value.is_array() ? "list" : "object";
}

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// Models write Java's expressions; RE2 has another form of "\u00FF". What it cannot read is the service's business.
bool matches(const std::string& pattern, std::string_view text) {
  std::string ours = pattern;
  for (size_t at = 0; (at = ours.find("\\u", at)) != std::string::npos;) {
    if (at + 6 > ours.size()) return true;
    const std::string digits = ours.substr(at + 2, 4);
    ours.replace(at, 6, "\\x{" + digits + "}");
  }
  RE2::Options options(RE2::Quiet);
  options.set_dot_nl(true);
  const RE2 expression(ours, options);
  return !expression.ok() || RE2::FullMatch(text, expression);
}

class InputCheck {
 public:
  explicit InputCheck(InputRules rules) : rules_(rules) {}

  void check(const Shape& shape, const Json& value, const std::string& path, int depth) {
    if (depth > kMostDepth) return problem(path, "nested too deep");
    if (shape.is_document) return;
    switch (shape.type) {
      case ShapeType::kStructure: return check_structure(shape, value, path, depth);
      case ShapeType::kList: return check_list(shape, value, path, depth);
      case ShapeType::kMap: return check_map(shape, value, path, depth);
      case ShapeType::kString: return check_text(shape, value, path);
      case ShapeType::kInteger:
        if (!is_whole(value)) return problem(path, fmt::format("expected a whole number, got {}", type_name(value)));
        return check_range(shape, value.number_or(0), path, "");
      case ShapeType::kFloat:
        if (!value.is_number()) return problem(path, fmt::format("expected a number, got {}", type_name(value)));
        return check_range(shape, value.number_or(0), path, "");
      case ShapeType::kBoolean:
        if (!value.is_bool()) problem(path, fmt::format("expected true or false, got {}", type_name(value)));
        return;
      case ShapeType::kTimestamp:
        if (!read_timestamp(value)) problem(path, "expected a time (2026-01-08T18:00:00Z, or Unix seconds)");
        return;
      case ShapeType::kBlob: return check_blob(shape, value, path);
    }
  }

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void problem(const std::string& path, std::string_view what) {
    if (problems_.size() < kMostProblems) problems_.push_back(fmt::format("{}: {}", path, what));
  }

  static bool is_whole(const Json& value) {
    return value.is_int() || (value.is_number() && value.int_or(0) == value.number_or(0.5));
  }

  void check_structure(const Shape& shape, const Json& value, const std::string& path, int depth) {
    if (!value.is_object()) return problem(path, fmt::format("expected an object, got {}", type_name(value)));
    size_t given = 0;
    for (const auto& [name, member] : value.members()) {
      const Member* known = shape.find(name);
      const std::string place = fmt::format("{}.{}", path, name);
      if (known == nullptr) {
        std::vector<std::string_view> names;
        for (const Member& candidate : shape.members) names.push_back(candidate.name);
        problem(place, fmt::format("there is no such member{}", did_you_mean(name, names)));
      } else if (!member.is_null()) {
        ++given;
        if (!known->json_value) check(*known->shape, member, place, depth + 1);
      }
    }
    for (const Member& member : shape.members) {
      if (!member.required) continue;
      if (value[member.name].is_null() && !member.idempotency_token) problem(path + "." + member.name, "is required");
      // An empty label would make the path that of something else.
      if (member.location == Location::kUri && value[member.name] == Json("")) {
        problem(path + "." + member.name, "must not be empty");
      }
    }
    if (shape.is_union && given != 1) problem(path, fmt::format("expected exactly one member, got {}", given));
  }

  void check_list(const Shape& shape, const Json& value, const std::string& path, int depth) {
    if (!value.is_array()) return problem(path, fmt::format("expected a list, got {}", type_name(value)));
    check_range(shape, static_cast<double>(value.items().size()), path, " elements");
    size_t index = 0;
    for (const Json& item : value.items()) {
      check(*shape.element.shape, item, fmt::format("{}[{}]", path, index++), depth + 1);
    }
  }

  void check_map(const Shape& shape, const Json& value, const std::string& path, int depth) {
    if (!value.is_object()) return problem(path, fmt::format("expected an object, got {}", type_name(value)));
    check_range(shape, static_cast<double>(value.members().size()), path, " entries");
    for (const auto& [name, item] : value.members()) {
      check_text(*shape.key.shape, Json(name), path + " key");
      check(*shape.element.shape, item, fmt::format("{}.{}", path, name), depth + 1);
    }
  }

  void check_text(const Shape& shape, const Json& value, const std::string& path) {
    if (!value.is_string()) return problem(path, fmt::format("expected text, got {}", type_name(value)));
    const std::string& text = value.string_or_empty();
    check_range(shape, static_cast<double>(count_characters(text)), path, " characters");
    if (!shape.allowed.empty()) return check_allowed(shape, text, path);
    if (!rules_.allow_unknown_values && !shape.pattern.empty() && !matches(shape.pattern, text)) {
      problem(path, fmt::format("does not match {}", fit_text(shape.pattern, 200)));
    }
  }

  void check_allowed(const Shape& shape, const std::string& text, const std::string& path) {
    if (rules_.allow_unknown_values || std::ranges::find(shape.allowed, text) != shape.allowed.end()) return;
    const std::vector<std::string_view> allowed(shape.allowed.begin(), shape.allowed.end());
    const size_t named = std::min(allowed.size(), kMostNamed);
    problem(path,
            fmt::format("{} is not one of {}{}{}", shape.sensitive ? "the value" : "'" + fit_text(text, 100) + "'",
                        fmt::join(allowed.begin(), allowed.begin() + static_cast<long>(named), ", "),
                        named < allowed.size() ? fmt::format(" and {} more", allowed.size() - named) : "",
                        shape.sensitive ? "" : did_you_mean(text, allowed)));
  }

  void check_blob(const Shape& shape, const Json& value, const std::string& path) {
    const Result<std::string> bytes = unbase64(value.string_or_empty());
    if (!value.is_string() || !bytes) return problem(path, "expected bytes as base64 text");
    check_range(shape, static_cast<double>(bytes->size()), path, " bytes");
  }

  void check_range(const Shape& shape, double measure, const std::string& path, std::string_view unit) {
    if (shape.min && measure < *shape.min) {
      problem(path, fmt::format("expected at least {}{}, got {}", *shape.min, unit, measure));
    } else if (shape.max && !rules_.allow_unknown_values && measure > *shape.max) {
      problem(path, fmt::format("expected at most {}{}, got {}", *shape.max, unit, measure));
    }
  }

  const InputRules rules_;
  std::vector<std::string> problems_;
};

}  // namespace

Status check_input(const ServiceModel& model, const Operation& operation, const Json& input, InputRules rules) {
  InputCheck check(rules);
  if (operation.input.shape != nullptr) {
    check.check(*operation.input.shape, input, "input", 0);
  } else if (!input.members().empty() || !(input.is_object() || input.is_null())) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} {} takes no input", model.service, operation.name));
  }
  if (check.problems().empty()) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} {}: {}", model.service, operation.name, fmt::join(check.problems(), "; ")));
}

bool has_idempotency_token(const Operation& operation) {
  return operation.input.shape != nullptr &&
         std::ranges::any_of(operation.input.shape->members, &Member::idempotency_token);
}

void fill_idempotency_tokens(const Operation& operation, Json& input, Random& random) {
  if (operation.input.shape == nullptr) return;
  for (const Member& member : operation.input.shape->members) {
    if (!member.idempotency_token || !input[member.name].is_null()) continue;
    const uint64_t a = random.next_u64(), b = random.next_u64();
    input.set(member.name, fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32, a >> 16 & 0xFFFF, a & 0xFFF,
                                       (b >> 48 & 0x3FFF) | 0x8000, b & 0xFFFF'FFFF'FFFF));
  }
}

}  // namespace capstan::aws
