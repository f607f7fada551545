#include "model/span.h"

namespace capstan {
namespace {

std::string_view korean_unit(std::string_view unit) {
  if (unit == "y") return "년";
  if (unit == "w") return "주";
  if (unit == "d") return "일";
  if (unit == "h") return "시간";
  if (unit == "m") return "분";
  if (unit == "s") return "초";
  if (unit == "ms") return "밀리초";
  return unit;
}

bool is_digit(char c) { return (c >= '0' && c <= '9') || c == '.' || c == '-'; }

}  // namespace

Words say_span(Duration span) {
  const std::string english = format_duration(span);
  std::string korean;
  for (size_t at = 0; at < english.size();) {
    size_t end = at;
    while (end < english.size() && is_digit(english[end])) ++end;
    korean += (korean.empty() ? "" : " ") + english.substr(at, end - at);
    at = end;
    while (end < english.size() && !is_digit(english[end])) ++end;
    korean += korean_unit(std::string_view(english).substr(at, end - at));
    at = end;
  }
  return Words::in_both(english, korean);
}

}  // namespace capstan
