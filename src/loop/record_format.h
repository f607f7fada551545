// The forms that values of records may have to have.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "decide/window.h"

namespace capstan::loop {

inline constexpr std::array<std::string_view, 4> kRecordFormats = {"mail", "zone", "window", "date"};

// A day that exists, as YYYY-MM-DD.
std::optional<std::chrono::year_month_day> read_date(std::string_view text);

// kInvalidArgument says what was expected. `zone` is that of windows that name none.
Status check_record_format(std::string_view format, const std::string& text, const std::optional<decide::Zone>& zone);

// Values with one key are one to people and to services: letters' case does not count, and of names neither does '-'
// for
// '_'.
std::string value_key(std::string_view text);
std::string name_key(std::string_view text);

// What nobody sees, or what looks like another letter: control characters, joiners, marks of direction, letters in
// parts (한 as three, é as two). Two texts may look the same because of it. A phrase that names it; "" for none.
std::string_view unseen_in(std::string_view text);

}  // namespace capstan::loop
