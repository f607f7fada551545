#include "product/reading.h"

#include <algorithm>

namespace capstan::product {

std::optional<std::string> Reading::filled(std::string_view pattern) const {
  std::string path;
  while (!pattern.empty()) {
    const size_t open = pattern.find('{');
    path += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    const size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) return std::nullopt;
    const std::optional<std::string> value = value_of(pattern.substr(open + 1, close - open - 1));
    if (!value || value->empty()) return std::nullopt;
    path += *value;
    pattern.remove_prefix(close + 1);
  }
  return path_below(surroundings.directory, path);
}

void Reading::add_file(const FileSpec& spec, ReadFiles read) {
  if (out.main_file.empty() && !read.paths.empty()) out.main_file = read.paths.front();
  std::ranges::move(read.paths, std::back_inserter(out.paths));
  std::ranges::move(read.problems, std::back_inserter(out.problems));
  std::ranges::move(read.entries, std::back_inserter(entries[spec.name]));
}

std::optional<std::string> Reading::environment(std::string_view name) const {
  return surroundings.environment ? surroundings.environment(name) : std::nullopt;
}

const std::vector<ConfigEntry>& Reading::entries_of(std::string_view file) const {
  static const std::vector<ConfigEntry> none;
  const FileSpec* spec = product.file_named(file);
  const auto found = spec == nullptr ? entries.end() : entries.find(spec->name);
  return found == entries.end() ? none : found->second;
}

// Of "argument -c", "argument -c file=VALUE", "environment NAME", "setting name", "directory".
std::optional<std::string> Reading::value_of(std::string_view hole) const {
  const size_t blank = hole.find(' ');
  const std::string_view what = hole.substr(0, blank);
  const std::string_view rest = blank == std::string_view::npos ? "" : hole.substr(blank + 1);
  if (what == "directory") return surroundings.directory;
  if (what == "environment") return environment(rest);
  if (what == "setting") {
    const Json* row = out.setting(rest);
    return row == nullptr ? std::nullopt : std::optional((*row)["value"].string_or_empty());
  }
  if (what != "argument") return std::nullopt;
  const bool has_hole = rest.find("VALUE") != std::string_view::npos;
  return argument_value(surroundings.arguments, has_hole ? std::string(rest) : std::string(rest) + " VALUE");
}

}  // namespace capstan::product
