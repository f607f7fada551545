#include "schema/format.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "model/quantity.h"

namespace capstan::schema {
namespace {

constexpr std::array<std::pair<std::string_view, Format>, 10> kNames = {{{"int32", Format::kInt32},
                                                                         {"int64", Format::kInt64},
                                                                         {"date-time", Format::kDateTime},
                                                                         {"date", Format::kDate},
                                                                         {"byte", Format::kByte},
                                                                         {"quantity", Format::kQuantity},
                                                                         {"int-or-string", Format::kIntOrString},
                                                                         {"uuid", Format::kUuid},
                                                                         {"ipv4", Format::kIpv4},
                                                                         {"ipv6", Format::kIpv6}}};

// In a pattern '0' stands for a digit, 'x' for a hexadecimal one, anything else for itself.
bool matches(std::string_view text, std::string_view pattern) {
  return std::ranges::equal(text, pattern, [](char c, char expected) {
    const auto letter = static_cast<unsigned char>(c);
    return expected == '0' ? std::isdigit(letter) != 0 : expected == 'x' ? std::isxdigit(letter) != 0 : c == expected;
  });
}

int number(std::string_view digits) { return (digits[0] - '0') * 10 + (digits[1] - '0'); }

bool is_date(std::string_view text) {
  if (!matches(text, "0000-00-00")) return false;
  const int month = number(text.substr(5));
  const int day = number(text.substr(8));
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool is_date_time(std::string_view text) {
  if (text.size() < 20 || !is_date(text.substr(0, 10)) || (text[10] != 'T' && text[10] != 't')) return false;
  if (!matches(text.substr(11, 8), "00:00:00")) return false;
  if (number(text.substr(11)) > 23 || number(text.substr(14)) > 59 || number(text.substr(17)) > 60) return false;
  text.remove_prefix(19);
  if (text.starts_with('.')) {
    const size_t end = text.find_first_not_of("0123456789", 1);
    if (end == std::string_view::npos || end == 1) return false;
    text.remove_prefix(end);
  }
  return text == "Z" || text == "z" ||
         ((text.starts_with('+') || text.starts_with('-')) && matches(text.substr(1), "00:00"));
}

bool is_base64(std::string_view text) {
  size_t digits = 0;
  size_t padding = 0;
  for (char c : text) {
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      ++padding;
    } else if (padding > 0 || (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '/')) {
      return false;
    } else {
      ++digits;
    }
  }
  return padding <= 2 && (digits + padding) % 4 == 0;
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

}  // namespace

Format parse_format(std::string_view name) {
  const auto found = std::ranges::find(kNames, name, &std::pair<std::string_view, Format>::first);
  return found == kNames.end() ? Format::kNone : found->second;
}

bool has_format(Format format, std::string_view text) {
  switch (format) {
    case Format::kNone:
    case Format::kInt32:
    case Format::kInt64:
    case Format::kIntOrString: return true;
    case Format::kDateTime: return is_date_time(text);
    case Format::kDate: return is_date(text);
    case Format::kByte: return is_base64(text);
    case Format::kQuantity: return parse_quantity(text).has_value();
    case Format::kUuid: return matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
    case Format::kIpv4: return is_address(AF_INET, text);
    case Format::kIpv6: return is_address(AF_INET6, text);
  }
  return true;
}

Words describe(Format format) {
  switch (format) {
    case Format::kNone: break;
    case Format::kInt32: return Words::phrase("allowed.int32");
    case Format::kInt64: return Words::phrase("allowed.int64");
    case Format::kDateTime: return Words::phrase("allowed.time");
    case Format::kDate: return Words::phrase("allowed.date");
    case Format::kByte: return "Base64";
    case Format::kQuantity: return Words::phrase("allowed.quantity");
    case Format::kIntOrString: return Words::phrase("allowed.integer_or_string");
    case Format::kUuid: return Words::phrase("allowed.uuid");
    case Format::kIpv4: return Words::phrase("allowed.ipv4");
    case Format::kIpv6: return Words::phrase("allowed.ipv6");
  }
  return Words::phrase("allowed.anything");
}

}  // namespace capstan::schema
