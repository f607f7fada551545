#include "product/configuration.h"

#include <algorithm>
#include <set>

#include "product/reading.h"

namespace capstan::product {
namespace {

Configuration finish(Reading& reading) {
  fill_variables(reading);
  read_settings(reading);
  read_endpoints(reading);
  return std::move(reading.out);
}

}  // namespace

const Json* Configuration::setting(std::string_view name) const {
  for (const Json& row : settings.items()) {
    const bool holds = row["in_force"].bool_or(false);
    if (holds && row["name"].string_or_empty() == name) return &row;
  }
  return nullptr;
}

Configuration read_configuration(const ProductSpec& product, FileSource& files, const Surroundings& surroundings) {
  Reading reading(product, files, surroundings);
  for (const FileSpec& spec : product.files) {
    bool found = false;
    for (const std::string& pattern : spec.paths) {
      const std::optional<std::string> path = reading.filled(pattern);
      if (!path || (found && !spec.is_all_paths)) continue;
      for (const std::string& file : files.list(*path)) {
        std::vector<std::string> directories = spec.within;
        directories.push_back(directory_of(file));
        reading.add_file(spec, read_with_includes(files, file, spec.format, directories));
        found = true;
      }
    }
  }
  return finish(reading);
}

Configuration read_texts(const ProductSpec& product, const std::map<std::string, std::string, std::less<>>& texts) {
  const Surroundings surroundings{
      .arguments = {}, .environment = {}, .directory = "", .is_whole_environment = false, .has_defaults = false};
  NamedTexts source(texts);
  Reading reading(product, source, surroundings);
  std::set<std::string> read;
  for (const FileSpec& spec : product.files) {
    for (const std::string& pattern : spec.names) {
      for (const std::string& name : source.list(pattern)) {
        const std::string& text = texts.find(name)->second;
        const bool is_such = spec.contains.empty() || std::ranges::any_of(spec.contains, [&](const std::string& part) {
                               return text.find(part) != std::string::npos;
                             });
        if (!is_such || read.contains(name)) continue;
        ReadFiles files = read_with_includes(source, name, spec.format, {});
        read.insert(files.paths.begin(), files.paths.end());
        reading.add_file(spec, std::move(files));
      }
    }
  }
  return finish(reading);
}

}  // namespace capstan::product
