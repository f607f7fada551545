#include "decide/verb_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"

namespace capstan::decide {
namespace {

struct StateHabit {
  std::string_view state;
  std::vector<std::string> values;
  std::vector<std::string_view> verb_prefixes;
};

const std::vector<StateHabit>& habits() {
  static const std::vector<StateHabit> kHabits = {
      {"running", {"running", "active", "up", "started", "available"}, {"start"}},
      {"stopped", {"stopped", "inactive", "down", "off", "exited", "dead", "failed"}, {"stop"}},
  };
  return kHabits;
}

std::string_view last_part(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool takes(const VerbSpec& verb, std::string_view kind) {
  return kind.empty() || std::ranges::find(verb.target_kinds, kind) != verb.target_kinds.end();
}

std::string names_of(const std::vector<const VerbSpec*>& verbs) {
  std::string text;
  for (const VerbSpec* verb : verbs) text += (text.empty() ? "" : ", ") + verb->name;
  return text;
}

}  // namespace

Result<const VerbSpec*> choose_verb(std::span<const VerbSpec* const> verbs, std::string_view name,
                                    std::string_view kind) {
  std::vector<const VerbSpec*> found;
  std::vector<std::string_view> names;
  for (const VerbSpec* verb : verbs) {
    if (verb->name == name) {
      if (takes(*verb, kind)) return verb;
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' cannot act on a {}, only on {}", name, kind, fmt::join(verb->target_kinds, ", ")));
    }
    if (last_part(verb->name) == name && takes(*verb, kind)) found.push_back(verb);
    names.push_back(verb->name);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' may mean {}; write the full name", name, names_of(found)));
  }
  if (name.find('.') == std::string_view::npos) {
    for (std::string_view& each : names) each = last_part(each);
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("unknown verb '{}'{}{}", name, kind.empty() ? "" : fmt::format(" for a {}", kind),
                          did_you_mean(name, names)));
}

Result<const VerbSpec*> choose_verb_for_state(std::span<const VerbSpec* const> verbs, std::string_view state,
                                              std::string_view kind) {
  std::vector<const VerbSpec*> found;
  for (const StateHabit& habit : habits()) {
    if (habit.state != state) continue;
    for (const VerbSpec* verb : verbs) {
      const bool named_so = std::ranges::any_of(
          habit.verb_prefixes, [&](std::string_view prefix) { return last_part(verb->name).starts_with(prefix); });
      if (named_so && takes(*verb, kind)) found.push_back(verb);
    }
  }
  if (found.size() == 1) return found.front();
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("which verb makes a {} '{}' is not clear ({}); write {{ state: {}, by: VERB }}", kind, state,
                          found.empty() ? "none is known" : names_of(found), state));
}

std::vector<std::string> habitual_values(std::string_view state) {
  for (const StateHabit& habit : habits()) {
    if (habit.state == state) return habit.values;
  }
  return {std::string(state)};
}

}  // namespace capstan::decide
