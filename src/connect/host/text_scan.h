// Reads words and numbers out of the kernel's text files without copying.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace capstan::host {

// Takes blank-separated fields from the front of a text.
class FieldScanner {
 public:
  explicit FieldScanner(std::string_view text) : rest_(text) {}

  // "" at the end.
  std::string_view word() {
    size_t start = 0;
    while (start < rest_.size() && is_blank(rest_[start])) ++start;
    size_t end = start;
    while (end < rest_.size() && !is_blank(rest_[end])) ++end;
    const std::string_view found = rest_.substr(start, end - start);
    rest_.remove_prefix(end);
    return found;
  }
  // 0 where there is no number: the kernel only leaves fields out at the end.
  uint64_t u64() {
    const std::string_view text = word();
    uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  int64_t i64() {
    const std::string_view text = word();
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  void skip(int fields) {
    while (fields-- > 0) word();
  }
  std::string_view rest() const { return rest_; }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }
  std::string_view rest_;
};

// Takes lines from the front of a text.
class LineScanner {
 public:
  explicit LineScanner(std::string_view text) : rest_(text) {}

  bool next(std::string_view& line) {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return true;
  }

 private:
  std::string_view rest_;
};

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}
inline std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace capstan::host
