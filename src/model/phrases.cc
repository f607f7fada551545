#include "model/phrases.h"

#include <algorithm>

namespace capstan {

std::array<std::span<const Phrase>, 5> phrase_tables() {
  return {phrases_of_messages(), phrases_of_actions(), phrases_of_decisions(), phrases_of_findings(),
          phrases_of_schemas()};
}

const Phrase* find_phrase(std::string_view key) {
  for (const std::span<const Phrase> table : phrase_tables()) {
    const auto found = std::ranges::lower_bound(table, key, {}, &Phrase::key);
    if (found != table.end() && found->key == key) return &*found;
  }
  return nullptr;
}

}  // namespace capstan
