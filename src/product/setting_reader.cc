#include <fmt/format.h>

#include "base/fit.h"
#include "base/mask_secrets.h"
#include "product/entry_path.h"
#include "product/reading.h"

namespace capstan::product {
namespace {

class SettingReader {
 public:
  explicit SettingReader(Reading& reading) : reading_(reading) {}

  void read(const SettingSpec& setting) {
    std::vector<Written> rows = in_files(setting);
    size_t in_force = setting.takes_last && !rows.empty() ? rows.size() - 1 : 0;
    if (std::optional<Written> outside = outside_of_files(setting)) {
      rows.push_back(*std::move(outside));
      in_force = rows.size() - 1;
    }
    if (rows.empty() && reading_.surroundings.has_defaults && !setting.otherwise.empty())
      rows.push_back({setting.otherwise, {}, "", "default"});
    for (size_t i = 0; i < rows.size(); ++i) add_row(setting, rows[i], i == in_force);
  }

 private:
  std::vector<Written> in_files(const SettingSpec& setting) {
    std::vector<Written> found;
    for (const std::string& path : setting.paths) {
      for (const FoundEntry& one : find_entries(reading_.entries_of(setting.file), path)) {
        std::string value = fmt::format("{}", fmt::join(one.entry->values, " "));
        // A name alone switches something on.
        if (one.entry->values.empty() && setting.type == SettingType::kBoolean) value = "on";
        found.push_back({std::move(value), one.entry->where, one.place()});
      }
    }
    return found;
  }

  // What arguments or variables say wins over the files.
  std::optional<Written> outside_of_files(const SettingSpec& setting) const {
    for (const std::string& pattern : setting.arguments) {
      if (auto value = argument_value(reading_.surroundings.arguments, pattern))
        return Written{std::move(*value), {}, "", "argument " + pattern.substr(0, pattern.find("VALUE"))};
    }
    for (const std::string& variable : setting.environment) {
      const size_t blank = variable.find(' ');
      std::optional<std::string> value = reading_.environment(variable.substr(0, blank));
      if (value && blank != std::string::npos)
        value = argument_value(split_arguments(*value), variable.substr(blank + 1));
      if (value) return Written{std::move(*value), {}, "", "environment " + variable.substr(0, blank)};
    }
    return std::nullopt;
  }

  void add_row(const SettingSpec& setting, const Written& written, bool in_force) {
    if (reading_.out.settings.items().size() >= kMostRows) return;
    const bool is_secret = speaks_of_secret(setting.name) && !names_a_place(setting.name);
    const std::string shown = is_secret ? std::string(kMask) : without_secrets(written.value);
    Json row = Json::object({{"name", setting.name}, {"value", fit_text(shown, kLongestValue)}});
    if (const auto number = number_of(setting.type, written.value, setting.unit)) row.set("number", *number);
    if (!written.where.file.empty()) {
      row.set("file", written.where.file);
      row.set("line", written.where.line);
    }
    if (!written.place.empty()) row.set("place", written.place);
    row.set("source", written.source);
    if (in_force) row.set("in_force", true);
    reading_.out.settings.push_back(std::move(row));
  }

  Reading& reading_;
};

}  // namespace

void read_settings(Reading& reading) {
  for (const SettingSpec& setting : reading.product.settings) SettingReader(reading).read(setting);
}

}  // namespace capstan::product
