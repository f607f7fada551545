#include "manual/manual_text.h"

#include <fmt/format.h>

namespace capstan::manual {

std::string to_text(const ManualEntry& entry) {
  std::string text = fmt::format("{} ({}): {}\n", name_of(entry), to_string(entry.severity), entry.means);
  const auto list = [&](std::string_view title, const std::vector<std::string>& items) {
    if (!items.empty()) text += fmt::format("  {}:\n    - {}\n", title, fmt::join(items, "\n    - "));
  };
  list("why", entry.causes);
  list("what helps", entry.remedies);
  if (!entry.versions.empty()) text += fmt::format("  versions: {}\n", entry.versions);
  if (!entry.see.empty()) text += fmt::format("  see {}\n", entry.see);
  return text;
}

}  // namespace capstan::manual
