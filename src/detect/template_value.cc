#include "detect/template_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace capstan::detect {
namespace {

constexpr int kWidest = 1'000;

std::string special(double value) { return std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf"; }

std::string print_labels(const Labels& labels) {
  std::string text = "map[";
  for (const auto& [name, value] : labels) {
    if (text.size() > 4) text += ' ';
    text += name + ":" + value;
  }
  return text + "]";
}

struct Directive {
  bool left = false, plus = false, zero = false, space = false, sharp = false;
  int width = 0;
  int precision = -1;
  char verb = 0;
};

std::string pad(std::string text, const Directive& directive) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  const auto length = static_cast<int>(text.size()) - static_cast<int>(std::ranges::count_if(text, continues));
  if (length >= directive.width) return text;
  const auto missing = static_cast<size_t>(directive.width - length);
  if (directive.left) return text + std::string(missing, ' ');
  if (directive.zero) {
    const size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    return text.insert(sign, missing, '0');
  }
  return std::string(missing, ' ') + text;
}

std::string with_sign(std::string text, const Directive& directive) {
  if (text.starts_with('-') || text.starts_with('+')) {
    return text;
  }
  if (directive.plus) return "+" + text;
  return directive.space ? " " + text : text;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '\r': out += "\\r"; break;
      default: out += c;
    }
  }
  return out + '"';
}

std::string cut(std::string text, int precision) {
  if (precision < 0) return text;
  size_t at = 0;
  for (int runes = 0; at < text.size() && runes < precision; ++runes) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  }
  return text.substr(0, at);
}

std::string format_double(double value, const Directive& directive) {
  if (!std::isfinite(value)) {
    Directive plain = directive;
    plain.zero = false;
    return pad(special(value), plain);
  }
  std::string text;
  switch (directive.verb) {
    case 'e': text = fmt::format("{:.{}e}", value, directive.precision < 0 ? 6 : directive.precision); break;
    case 'E': text = fmt::format("{:.{}E}", value, directive.precision < 0 ? 6 : directive.precision); break;
    case 'f':
    case 'F': text = fmt::format("{:.{}f}", value, directive.precision < 0 ? 6 : directive.precision); break;
    default: text = directive.precision < 0 ? go_number(value) : go_number(value, directive.precision);
  }
  return pad(with_sign(std::move(text), directive), directive);
}

std::string format_integer(int64_t value, const Directive& directive) {
  std::string text;
  switch (directive.verb) {
    case 'x': text = fmt::format("{:x}", value); break;
    case 'X': text = fmt::format("{:X}", value); break;
    case 'o': text = fmt::format("{:o}", value); break;
    case 'b': text = fmt::format("{:b}", value); break;
    default: text = std::to_string(value);
  }
  return pad(with_sign(std::move(text), directive), directive);
}

std::string format_string(const std::string& value, const Directive& directive) {
  switch (directive.verb) {
    case 'q': return pad(quote(cut(value, directive.precision)), directive);
    case 'x':
    case 'X': {
      std::string text;
      for (char c : value)
        text += fmt::format(fmt::runtime(directive.verb == 'x' ? "{:02x}" : "{:02X}"), static_cast<unsigned char>(c));
      return pad(std::move(text), directive);
    }
    default: return pad(cut(value, directive.precision), directive);
  }
}

bool fits(const TemplateValue& value, char verb) {
  const auto any_of = [&](std::string_view verbs) { return verbs.find(verb) != std::string_view::npos; };
  if (verb == 'v') return true;
  if (std::holds_alternative<bool>(value.data)) return verb == 't';
  if (std::holds_alternative<int64_t>(value.data)) return any_of("dxXob");
  if (std::holds_alternative<double>(value.data)) return any_of("eEfFgG");
  if (value.is_string()) return any_of("sqxX");
  return verb == 's';
}

std::string apply(const TemplateValue& value, const Directive& directive) {
  if (!fits(value, directive.verb)) {
    return fmt::format("%!{}({}={})", directive.verb, value.type(), value.print());
  }
  if (const auto* number = std::get_if<double>(&value.data)) return format_double(*number, directive);
  if (const auto* integer = std::get_if<int64_t>(&value.data)) return format_integer(*integer, directive);
  if (const auto* text = std::get_if<std::string>(&value.data)) return format_string(*text, directive);
  return pad(value.print(), directive);
}

int take_number(std::string_view& rest) {
  int number = 0;
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
    number = std::min(kWidest, number * 10 + (rest.front() - '0'));
    rest.remove_prefix(1);
  }
  return number;
}

Directive take_directive(std::string_view& rest) {
  Directive directive;
  for (; !rest.empty(); rest.remove_prefix(1)) {
    const char c = rest.front();
    if (c == '-')
      directive.left = true;
    else if (c == '+')
      directive.plus = true;
    else if (c == '0')
      directive.zero = true;
    else if (c == ' ')
      directive.space = true;
    else if (c == '#')
      directive.sharp = true;
    else
      break;
  }
  directive.width = take_number(rest);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    directive.precision = std::min(take_number(rest), 300);
  }
  if (!rest.empty()) {
    directive.verb = rest.front();
    rest.remove_prefix(1);
  }
  return directive;
}

}  // namespace

double TemplateValue::number() const {
  if (const auto* integer = std::get_if<int64_t>(&data)) return static_cast<double>(*integer);
  if (const auto* real = std::get_if<double>(&data)) return *real;
  return 0;
}

bool TemplateValue::truth() const {
  if (const auto* boolean = std::get_if<bool>(&data)) return *boolean;
  if (is_number()) return number() != 0;
  if (const auto* text = std::get_if<std::string>(&data)) return !text->empty();
  if (const auto* labels = std::get_if<Labels>(&data)) return !labels->empty();
  if (const auto* list = std::get_if<std::shared_ptr<const TemplateList>>(&data)) return !(*list)->empty();
  return !std::holds_alternative<std::monostate>(data);
}

std::string TemplateValue::print() const {
  if (const auto* boolean = std::get_if<bool>(&data)) return *boolean ? "true" : "false";
  if (const auto* integer = std::get_if<int64_t>(&data)) return std::to_string(*integer);
  if (const auto* real = std::get_if<double>(&data)) return go_number(*real);
  if (const auto* text = std::get_if<std::string>(&data)) return *text;
  if (const auto* labels = std::get_if<Labels>(&data)) return print_labels(*labels);
  if (const auto* sample = std::get_if<SeriesSample>(&data)) {
    return "{" + print_labels(sample->labels) + " " + go_number(sample->sample.value) + "}";
  }
  if (const auto* list = std::get_if<std::shared_ptr<const TemplateList>>(&data)) {
    std::string all;
    for (const TemplateValue& item : **list) all += (all.empty() ? "" : " ") + item.print();
    return "[" + all + "]";
  }
  return "<no value>";
}

std::string_view TemplateValue::type() const {
  constexpr std::array<std::string_view, 9> kNames = {"nil",    "bool",   "int",  "float64", "string",
                                                      "labels", "sample", "list", "data"};
  return kNames[data.index()];
}

std::string go_number(double value) {
  if (!std::isfinite(value)) return special(value);
  // The shortest digits that read back the same; as %v, with an exponent below 1e-4 and from 1e6 on.
  std::array<char, 64> scientific{};
  const auto written =
      std::to_chars(scientific.data(), scientific.data() + scientific.size(), value, std::chars_format::scientific);
  const std::string_view text(scientific.data(), static_cast<size_t>(written.ptr - scientific.data()));
  const int exponent = std::stoi(std::string(text.substr(text.find('e') + 1)));
  if (exponent < -4 || exponent >= 6) return std::string(text);
  std::array<char, 64> fixed{};
  const auto end = std::to_chars(fixed.data(), fixed.data() + fixed.size(), value, std::chars_format::fixed);
  return std::string(fixed.data(), end.ptr);
}

std::string go_number(double value, int digits) {
  if (!std::isfinite(value)) return special(value);
  return fmt::format("{:.{}g}", value, std::max(digits, 1));
}

std::string go_printf(std::string_view format, const std::vector<TemplateValue>& arguments) {
  std::string out;
  size_t used = 0;
  while (!format.empty()) {
    const size_t percent = format.find('%');
    out += format.substr(0, percent);
    if (percent == std::string_view::npos) break;
    format.remove_prefix(percent + 1);
    const Directive directive = take_directive(format);
    if (directive.verb == '%') {
      out += '%';
    } else if (directive.verb == 0) {
      out += "%!(NOVERB)";
    } else if (used >= arguments.size()) {
      out += fmt::format("%!{}(MISSING)", directive.verb);
    } else {
      out += apply(arguments[used++], directive);
    }
  }
  if (used < arguments.size()) {
    out += "%!(EXTRA ";
    for (size_t i = used; i < arguments.size(); ++i) {
      out += fmt::format("{}{}={}", i > used ? ", " : "", arguments[i].type(), arguments[i].print());
    }
    out += ')';
  }
  return out;
}

}  // namespace capstan::detect
