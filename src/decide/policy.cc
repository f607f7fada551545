#include "decide/policy.h"

#include <algorithm>
#include <string_view>

namespace capstan::decide {

bool Policy::is_staged() const {
  return std::ranges::any_of(steps, [](const Step& step) { return step.wait > Duration(0); });
}

bool Policy::deletes_all() const {
  const auto is_it = [](const Step& step) { return step.verb == kDeleteAllOf; };
  const auto keeps_it = [&](const Kept& kept) { return is_it(kept.step); };
  if (std::ranges::any_of(steps, is_it)) return true;
  return ensure && (std::ranges::any_of(ensure->kept, keeps_it) || std::ranges::any_of(ensure->kept_outside, keeps_it));
}

bool Policy::reads(std::string_view kind) const {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  const auto names = [&](std::string_view text) {
    for (size_t begin = text.find(kind); begin != std::string_view::npos; begin = text.find(kind, begin + 1)) {
      const size_t end = begin + kind.size();
      if ((begin == 0 || !is_word(text[begin - 1])) && (end == text.size() || !is_word(text[end]))) return true;
    }
    return false;
  };
  const auto selects = [&](const Selection& each) { return each.kind == kind || names(each.where) || names(each.sql); };
  if (selects(select) || std::ranges::any_of(never, selects)) return true;
  if (!ensure) return false;
  const auto keeps = [&](const Kept& each) { return names(each.so); };
  return names(ensure->hours) || names(ensure->holidays) || std::ranges::any_of(ensure->kept, keeps) ||
         std::ranges::any_of(ensure->kept_outside, keeps);
}

}  // namespace capstan::decide
