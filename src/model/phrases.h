// The catalog of phrases: what Capstan says to people, in each language. To say something new, add a line in both
// languages to the table of its part (phrases_of_*.cc) and make it with Words::phrase. Words of users (titles of
// alerts, names of policies) are no phrases: they are said as they were written, and so are errors of counterparts, in
// quotes.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace capstan {

struct Phrase {
  std::string_view key;      // "plan.waiting"
  std::string_view english;  // "To be approved: {title}"
  std::string_view korean;   // The same places, in any order. No particle follows a place whose ending is not known.
};

// The tables, each in the order of its keys.
std::span<const Phrase> phrases_of_messages();   // Chat, mail and the frame of messages.
std::span<const Phrase> phrases_of_actions();    // What the executor and verbs say, and what holds actions back.
std::span<const Phrase> phrases_of_decisions();  // Why a policy wants what it wants.
std::span<const Phrase> phrases_of_findings();   // What is wrong, and because of what.
std::span<const Phrase> phrases_of_schemas();    // What a value may be, and what is wrong with one.
std::array<std::span<const Phrase>, 5> phrase_tables();

// nullptr where there is none.
const Phrase* find_phrase(std::string_view key);

}  // namespace capstan
