// The files of one configuration: the ones that are named, and what they include, as one list of entries.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "product/config_text.h"

namespace capstan::product {

// Where configuration is read from. Paths are absolute, or names where there are no directories (a config map).
class FileSource {
 public:
  virtual ~FileSource() = default;
  // Existing files that match a pattern with `*` and `?` in its parts, sorted.
  virtual std::vector<std::string> list(const std::string& pattern) = 0;
  // kPermissionDenied for a file outside of `directories`, wherever links lead.
  virtual Result<std::string> read(const std::string& path, const std::vector<std::string>& directories) = 0;
};

struct ReadFiles {
  std::vector<ConfigEntry> entries;
  std::vector<std::string> paths;  // That were read.
  std::vector<Error> problems;     // Files that could not be read, or only in part.
};

// Reads a file with all that it includes: nginx' include, !include and !includedir, PostgreSQL's include, include_dir
// and include_if_exists. At most a hundred files, eight levels deep.
ReadFiles read_with_includes(FileSource& source, const std::string& path, TextFormat format,
                             const std::vector<std::string>& directories);

// "/etc/nginx" of "/etc/nginx/nginx.conf"; "" of a name.
std::string directory_of(std::string_view path);
// The path itself where it is absolute, else below the directory; without "." and "..".
std::string path_below(const std::string& directory, const std::string& path);
// Whether a name matches a pattern of `*` and `?`.
bool matches_name(std::string_view pattern, std::string_view name);

// The texts of a config map.
class NamedTexts final : public FileSource {
 public:
  explicit NamedTexts(const std::map<std::string, std::string, std::less<>>& texts) : texts_(texts) {}
  // By the last part of the path: a config map knows no directories.
  std::vector<std::string> list(const std::string& pattern) override;
  Result<std::string> read(const std::string& path, const std::vector<std::string>& directories) override;

 private:
  const std::map<std::string, std::string, std::less<>>& texts_;
};

}  // namespace capstan::product
