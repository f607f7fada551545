// The catalog of phrases: what Capstan says to people, in each language. One table in phrases.cc holds all of it; to
// say something new, add a line there in both languages. Words of users (titles of alerts, reasons of policies) are no
// phrases: they are said as they were written.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/draft.h"
#include "model/message.h"
#include "model/words.h"

namespace capstan::tell {

struct Phrase {
  std::string_view key;      // "plan.waiting"
  std::string_view english;  // "To be approved: {title}"
  std::string_view korean;   // The same places, in any order. No particle follows a place whose ending is not known.
};
std::span<const Phrase> phrases();

// A phrase that the catalog does not have is said by its key: a newer version's message is still told.
std::string say(const Words& words, Language language);

// The message as a channel takes it.
Message word(const Draft& draft, Language language);

}  // namespace capstan::tell
