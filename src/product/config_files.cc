#include "product/config_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace capstan::product {
namespace {

constexpr size_t kMostFiles = 100;
constexpr int kMostNesting = 8;

class IncludeReader {
 public:
  IncludeReader(FileSource& source, TextFormat format, const std::vector<std::string>& directories)
      : source_(source), format_(format), directories_(directories) {}

  ReadFiles read(const std::string& path) {
    first_directory_ = directory_of(path);
    read_.entries = read_one(path, 0);
    return std::move(read_);
  }

 private:
  std::vector<ConfigEntry> read_one(const std::string& path, int nesting) {
    if (read_.paths.size() >= kMostFiles || nesting > kMostNesting) {
      read_.problems.push_back(
          {ErrorCode::kResourceExhausted,
           fmt::format("not read: more than {} files, or included more than {} levels deep", kMostFiles, kMostNesting),
           {path, 0, 0}});
      return {};
    }
    read_.paths.push_back(path);
    const Result<std::string> text = source_.read(path, directories_);
    Result<std::vector<ConfigEntry>> entries = text ? read_config_text(format_, *text, path) : fail(text.error());
    if (!entries) {
      Error error = entries.error();
      if (error.where.file.empty()) error.where.file = path;
      read_.problems.push_back(std::move(error));
      return {};
    }
    return follow(*std::move(entries), nesting);
  }

  // The entries with those that they include in the place of each include.
  std::vector<ConfigEntry> follow(std::vector<ConfigEntry> entries, int nesting) {
    std::vector<ConfigEntry> all;
    for (ConfigEntry& entry : entries) {
      const std::vector<std::string> paths = included(entry);
      if (paths.empty()) {
        entry.entries = follow(std::move(entry.entries), nesting);
        all.push_back(std::move(entry));
        continue;
      }
      for (const std::string& pattern : paths) {
        for (const std::string& path : source_.list(pattern)) {
          std::ranges::move(read_one(path, nesting + 1), std::back_inserter(all));
        }
      }
    }
    return all;
  }

  // The patterns that an entry includes, where it is an include.
  std::vector<std::string> included(const ConfigEntry& entry) const {
    if (entry.value().empty()) return {};
    switch (format_) {
      case TextFormat::kNginx:
        // Relative to the directory of the first file, wherever the include stands.
        if (entry.name == "include") return {path_below(first_directory_, entry.value())};
        break;
      case TextFormat::kIni:
        if (entry.name == "!include") return {entry.value()};
        if (entry.name == "!includedir") return {path_below(entry.value(), "*.cnf")};
        break;
      case TextFormat::kPostgresql: {
        const std::string here = directory_of(entry.where.file);
        if (entry.name == "include" || entry.name == "include_if_exists") return {path_below(here, entry.value())};
        if (entry.name == "include_dir") return {path_below(path_below(here, entry.value()), "*.conf")};
        break;
      }
      default: break;
    }
    return {};
  }

  FileSource& source_;
  TextFormat format_;
  const std::vector<std::string>& directories_;
  std::string first_directory_;
  ReadFiles read_;
};

}  // namespace

ReadFiles read_with_includes(FileSource& source, const std::string& path, TextFormat format,
                             const std::vector<std::string>& directories) {
  return IncludeReader(source, format, directories).read(path);
}

std::string directory_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string path_below(const std::string& directory, const std::string& path) {
  if (path.starts_with('/') || directory.empty()) return std::filesystem::path(path).lexically_normal().string();
  return (std::filesystem::path(directory) / path).lexically_normal().string();
}

bool matches_name(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;
  size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == name[n] && pattern[p] != '*'))) {
      ++p;
      ++n;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<std::string> NamedTexts::list(const std::string& pattern) {
  const std::string name = pattern.substr(pattern.rfind('/') + 1);
  std::vector<std::string> found;
  for (const auto& [known, text] : texts_) {
    if (matches_name(name, known)) found.push_back(known);
  }
  return found;
}

Result<std::string> NamedTexts::read(const std::string& path, const std::vector<std::string>&) {
  const auto found = texts_.find(path);
  if (found == texts_.end()) return fail(ErrorCode::kNotFound, "no such text", {path, 0, 0});
  return found->second;
}

}  // namespace capstan::product
