#include <algorithm>
#include <array>

#include "product/reading.h"

namespace capstan::product {
namespace {

// Set by the Java machine itself.
constexpr std::array<std::string_view, 6> kGivenProperties = {"java.", "user.", "os.", "file.", "line.", "path."};

class VariableFiller {
 public:
  explicit VariableFiller(Reading& reading) : reading_(reading) {}

  // ${name} and ${name:-otherwise} in XML, as the Java machine, a properties file or the environment set it.
  void fill(std::vector<ConfigEntry>& entries) {
    for (ConfigEntry& entry : entries) {
      for (std::string& value : entry.values) value = with_variables(value, entry.where);
      fill(entry.entries);
    }
  }

 private:
  std::string with_variables(const std::string& text, const Where& where) {
    std::string filled;
    size_t at = 0;
    for (size_t open = text.find("${"); open != std::string::npos; open = text.find("${", at)) {
      const size_t close = text.find('}', open);
      if (close == std::string::npos) break;
      filled += text.substr(at, open - at);
      const std::string hole = text.substr(open + 2, close - open - 2);
      const size_t split = hole.find(":-");
      std::optional<std::string> value = variable(hole.substr(0, split));
      if (!value && split != std::string::npos) value = hole.substr(split + 2);
      if (!value) note_missing(hole, where);
      filled += value ? *value : text.substr(open, close + 1 - open);
      at = close + 1;
    }
    return filled + text.substr(at);
  }

  std::optional<std::string> variable(const std::string& name) {
    if (auto value = argument_value(reading_.surroundings.arguments, "-D" + name + "=VALUE")) return value;
    for (const FileSpec& file : reading_.product.files) {
      if (file.format != TextFormat::kProperties) continue;
      for (const ConfigEntry& entry : reading_.entries[file.name]) {
        if (entry.name == name) return entry.value();
      }
    }
    return reading_.environment(name);
  }

  void note_missing(const std::string& name, const Where& where) {
    const bool given = std::ranges::any_of(kGivenProperties, [&](auto prefix) { return name.starts_with(prefix); });
    if (given || !reading_.surroundings.is_whole_environment || reading_.out.missing.items().size() >= kMostRows)
      return;
    reading_.out.missing.push_back(Json::object({{"variable", name}, {"file", where.file}, {"line", where.line}}));
  }

  Reading& reading_;
};

}  // namespace

void fill_variables(Reading& reading) {
  for (const FileSpec& file : reading.product.files) {
    if (file.format == TextFormat::kXml) VariableFiller(reading).fill(reading.entries[file.name]);
  }
}

}  // namespace capstan::product
