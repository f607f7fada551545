// How long something is, for people.
#pragma once

#include "base/time.h"
#include "model/words.h"

namespace capstan {

// "1d4h" in English, as `format_duration`; "1일 4시간" in Korean.
Words say_span(Duration span);

}  // namespace capstan
