#include "base/fit.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace capstan {
namespace {

constexpr size_t kLeastText = 200;
constexpr std::string_view kMark = "…";

size_t longest(const Json& value) {
  size_t most = value.is_string() ? value.string_or_empty().size() : 0;
  for (const Json& item : value.items()) most = std::max(most, longest(item));
  for (const auto& [name, member] : value.members()) most = std::max(most, longest(member));
  return most;
}

void cut(Json& value, size_t most) {
  if (value.is_string()) {
    if (value.string_or_empty().size() > most) value = fit_text(value.string_or_empty(), most);
  } else if (value.is_array()) {
    for (Json& item : value.mutable_items()) cut(item, most);
  } else if (value.is_object()) {
    for (auto& [name, member] : value.mutable_members()) cut(member, most);
  }
}

}  // namespace

std::string fit_text(std::string_view text, size_t most_bytes) {
  if (text.size() <= most_bytes) return std::string(text);
  size_t length = most_bytes - kMark.size();
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return std::string(text.substr(0, length)) + std::string(kMark);
}

Json fit_texts(Json value, size_t most_bytes) {
  if (value.dump().size() <= most_bytes) return value;
  for (size_t most = longest(value) / 2; most >= kLeastText; most /= 2) {
    cut(value, most);
    if (value.dump().size() <= most_bytes) return value;
  }
  cut(value, kLeastText);
  return value;
}

}  // namespace capstan
