#include "decide/shared_words.h"

namespace capstan::decide {

Words SharedWords::phrase(std::string_view key, std::string_view place, std::string_view text, const Words& why) {
  const auto make = [&] { return Words::phrase(key, {{std::string(place), text}, {"why", why}}); };
  if (!why.made) return make();
  const auto known = made_.find(std::tuple(key, text, static_cast<const Words::Making*>(why.made.get())));
  if (known != made_.end()) return known->second;
  return made_.emplace(std::tuple(std::string(key), std::string(text), why.made.get()), make()).first->second;
}

}  // namespace capstan::decide
