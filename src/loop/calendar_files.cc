#include "loop/calendar_files.h"

#include <memory>
#include <utility>

#include "base/file.h"

namespace capstan::loop {

decide::Calendars read_calendars(const std::filesystem::path& directory, const decide::Calendars& known,
                                 std::vector<Error>& problems) {
  const auto files = list_files(directory, ".ics");
  if (!files && files.error().code == ErrorCode::kNotFound) return {};
  if (!files) {
    problems.push_back(files.error());
    return known;
  }
  decide::Calendars fresh;
  for (const std::filesystem::path& path : *files) {
    const std::string name = path.stem().string();
    const auto text = read_file(path);
    auto calendar = text ? decide::Calendar::parse(*text, path.string()) : fail(text.error());
    if (calendar) {
      fresh[name] = std::make_shared<const decide::Calendar>(std::move(*calendar));
      continue;
    }
    problems.push_back(calendar.error());
    const auto old = known.find(name);
    fresh[name] = old != known.end() && old->second ? old->second : fail(calendar.error());
  }
  return fresh;
}

}  // namespace capstan::loop
