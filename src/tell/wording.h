// A draft in the words of who reads it.
#pragma once

#include "model/draft.h"
#include "model/message.h"
#include "model/words.h"

namespace capstan::tell {

// The message as a channel takes it.
Message word(const Draft& draft, Language language);

}  // namespace capstan::tell
