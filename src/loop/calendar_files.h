// The calendars of a configuration: calendar/NAME.ics beside its files.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "decide/calendar.h"

namespace capstan::loop {

// Those in `directory`, by name. A file with a mistake is told, and its calendar is as `known` has it, or an error
// where it has none. A directory that cannot be listed is told, and all are as `known`; one that is not there has none.
decide::Calendars read_calendars(const std::filesystem::path& directory, const decide::Calendars& known,
                                 std::vector<Error>& problems);

}  // namespace capstan::loop
