// "Did you mean …?" for names that people mistype.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace capstan {

// The candidate nearest to `word` by the number of slips of the finger, or "" when none is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

// " (did you mean 'x'?)" for the nearest candidate, "" for none: to be appended to an error message.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace capstan
