#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "detect/template_function_table.h"

namespace capstan::detect {
namespace {

constexpr size_t kAny = 1'000;

Result<TemplateValue> text_value(std::string text) { return TemplateValue{std::move(text)}; }

// Go's Sprint: a space between two operands when neither is a text.
Result<TemplateValue> print(const TemplateCall& call) {
  std::string out;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (i > 0 && !call[i].is_string() && !call[i - 1].is_string()) out += ' ';
    out += call[i].print();
  }
  return text_value(std::move(out));
}

Result<TemplateValue> println(const TemplateCall& call) {
  std::string out;
  for (const TemplateValue& value : call.arguments) out += (out.empty() ? "" : " ") + value.print();
  return text_value(out + "\n");
}

Result<TemplateValue> printf(const TemplateCall& call) {
  const std::string format = TRY(call.text(0));
  return text_value(go_printf(format, {call.arguments.begin() + 1, call.arguments.end()}));
}

Result<TemplateValue> length(const TemplateCall& call) {
  const auto& data = call[0].data;
  if (const auto* text = std::get_if<std::string>(&data)) return TemplateValue{static_cast<int64_t>(text->size())};
  if (const auto* labels = std::get_if<Labels>(&data)) return TemplateValue{static_cast<int64_t>(labels->size())};
  if (const auto* list = std::get_if<std::shared_ptr<const TemplateList>>(&data)) {
    return TemplateValue{static_cast<int64_t>((*list)->size())};
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("len of type {}", call[0].type()));
}

Result<TemplateValue> index(const TemplateCall& call) {
  TemplateValue value = call[0];
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    if (const auto* labels = std::get_if<Labels>(&value.data)) {
      value = TemplateValue{std::string(labels->get(TRY(call.text(i))))};
    } else if (const auto* list = std::get_if<std::shared_ptr<const TemplateList>>(&value.data)) {
      const double at = call[i].number();
      if (!call[i].is_number() || !(at >= 0 && at < static_cast<double>((*list)->size()))) {  // NaN neither.
        return fail(ErrorCode::kInvalidArgument, "index out of range: " + call[i].print());
      }
      value = TemplateValue((**list)[static_cast<size_t>(at)]);
    } else {
      return fail(ErrorCode::kInvalidArgument, fmt::format("can't index item of type {}", value.type()));
    }
  }
  return value;
}

// Negative, zero or positive as the first is less, equal or greater. Go refuses to compare a whole with a real number;
// here they compare by value, so that `gt $value 5` does what it says.
Result<int> compare(const TemplateValue& a, const TemplateValue& b, bool ordered) {
  if (a.is_number() && b.is_number()) {
    if (a.number() == b.number()) return 0;
    return a.number() < b.number() ? -1 : 1;
  }
  if (a.is_string() && b.is_string()) return std::get<std::string>(a.data).compare(std::get<std::string>(b.data));
  const auto* left = std::get_if<bool>(&a.data);
  const auto* right = std::get_if<bool>(&b.data);
  if (left && right && !ordered) return *left == *right ? 0 : 1;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("incompatible types for comparison: {} and {}", a.type(), b.type()));
}

bool is_nan(const TemplateValue& value) { return value.is_number() && value.number() != value.number(); }

Result<TemplateValue> equal(const TemplateCall& call) {
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    if (!is_nan(call[0]) && !is_nan(call[i]) && TRY(compare(call[0], call[i], false)) == 0) return TemplateValue{true};
  }
  return TemplateValue{false};
}
Result<TemplateValue> not_equal(const TemplateCall& call) {
  return TemplateValue{is_nan(call[0]) || is_nan(call[1]) || TRY(compare(call[0], call[1], false)) != 0};
}

template <class Accept>
Result<TemplateValue> ordered(const TemplateCall& call, Accept accept) {
  if (is_nan(call[0]) || is_nan(call[1])) return TemplateValue{false};
  return TemplateValue{static_cast<bool>(accept(TRY(compare(call[0], call[1], true))))};
}
Result<TemplateValue> less(const TemplateCall& call) {
  return ordered(call, [](int c) { return c < 0; });
}
Result<TemplateValue> less_or_equal(const TemplateCall& call) {
  return ordered(call, [](int c) { return c <= 0; });
}
Result<TemplateValue> greater(const TemplateCall& call) {
  return ordered(call, [](int c) { return c > 0; });
}
Result<TemplateValue> greater_or_equal(const TemplateCall& call) {
  return ordered(call, [](int c) { return c >= 0; });
}

// All arguments but the last passed, or the evaluation would have stopped there.
Result<TemplateValue> last(const TemplateCall& call) { return call.arguments.back(); }
Result<TemplateValue> negate(const TemplateCall& call) { return TemplateValue{!call[0].truth()}; }

Result<TemplateValue> slice(const TemplateCall& call) {
  const std::string text = TRY(call.text(0));
  const double from = call.arguments.size() > 1 ? TRY(call.number(1)) : 0;
  const double to = call.arguments.size() > 2 ? TRY(call.number(2)) : static_cast<double>(text.size());
  if (!(from >= 0 && from <= to && to <= static_cast<double>(text.size()))) {
    return fail(ErrorCode::kInvalidArgument, "slice out of range");
  }
  return text_value(text.substr(static_cast<size_t>(from), static_cast<size_t>(to - from)));
}

Result<TemplateValue> html(const TemplateCall& call) {
  std::string out;
  for (const TemplateValue& value : call.arguments) {
    for (char c : value.print()) {
      switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&#34;"; break;
        case '\'': out += "&#39;"; break;
        default: out += c;
      }
    }
  }
  return text_value(std::move(out));
}

constexpr std::array<TemplateFunction, 17> kFunctions = {{{"and", 1, kAny, last},
                                                          {"or", 1, kAny, last},
                                                          {"not", 1, 1, negate},
                                                          {"eq", 2, kAny, equal},
                                                          {"ne", 2, 2, not_equal},
                                                          {"lt", 2, 2, less},
                                                          {"le", 2, 2, less_or_equal},
                                                          {"gt", 2, 2, greater},
                                                          {"ge", 2, 2, greater_or_equal},
                                                          {"len", 1, 1, length},
                                                          {"index", 1, kAny, index},
                                                          {"slice", 1, 3, slice},
                                                          {"print", 0, kAny, print},
                                                          {"println", 0, kAny, println},
                                                          {"printf", 1, kAny, printf},
                                                          {"html", 0, kAny, html},
                                                          {"safeHtml", 1, 1, last}}};

}  // namespace

std::span<const TemplateFunction> builtin_template_functions() { return kFunctions; }

}  // namespace capstan::detect
