#include "base/url.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/trim.h"

namespace capstan {
namespace {

constexpr size_t kMaxParameters = 1000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("'%' without two hexadecimal digits behind it, at byte {} of '{}'", i + 1, text));
      }
      if (high == 0 && low == 0) return fail(ErrorCode::kInvalidArgument, "an encoded zero byte (%00) is not allowed");
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return decoded;
}

// Calls `use` with each part between the separators; stops at its first error.
template <class F>
Status for_each_part(std::string_view text, char separator, F use) {
  while (true) {
    const size_t end = text.find(separator);
    TRY(use(text.substr(0, end)));
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

Result<std::string> percent_decode(std::string_view text) { return decode(text, false); }

Result<QueryParameters> parse_query(std::string_view text) {
  QueryParameters parameters;
  TRY(for_each_part(text, '&', [&](std::string_view part) -> Status {
    if (part.empty()) return {};
    if (parameters.size() == kMaxParameters) {
      return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} parameters", kMaxParameters));
    }
    const size_t equals = part.find('=');
    std::string name = TRY(decode(part.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) value = TRY(decode(part.substr(equals + 1), true));
    parameters.emplace_back(std::move(name), std::move(value));
    return {};
  }));
  return parameters;
}

Result<RequestTarget> parse_target(std::string_view target) {
  if (!target.starts_with('/')) {
    return fail(ErrorCode::kInvalidArgument, "expected a path that begins with '/'");
  }
  RequestTarget parsed;
  const size_t question = target.find('?');
  parsed.path = target.substr(0, question);
  if (question != std::string_view::npos) parsed.query = TRY(parse_query(target.substr(question + 1)));
  if (parsed.path == "/") return parsed;
  TRY(for_each_part(std::string_view(parsed.path).substr(1), '/', [&](std::string_view part) -> Status {
    std::string segment = TRY(decode(part, false));
    if (segment == "." || segment == "..") {
      return fail(ErrorCode::kInvalidArgument, "'.' and '..' are not allowed in a path");
    }
    parsed.segments.push_back(std::move(segment));
    return {};
  }));
  return parsed;
}

std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const size_t end = header.find(';');
    const std::string_view part = trim(header.substr(0, end));
    const size_t equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == name) return part.substr(equals + 1);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
  }
  return std::nullopt;
}

}  // namespace capstan
