// The texts that servers are configured by, as entries that know their file and line: nginx.conf, XML, ini files,
// postgresql.conf, pg_hba.conf, Java properties and environment files.
//
// An entry is a directive with its values, a section, or an element of XML; attributes are entries named "@port", the
// text of an element is its first value.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace capstan::product {

inline constexpr size_t kMostTextBytes = 1 << 20;
inline constexpr size_t kMostEntries = 20'000;  // Of one text.
inline constexpr int kMostDepth = 32;

struct ConfigEntry {
  std::string name;
  std::vector<std::string> values;
  Where where;  // File and line.
  std::vector<ConfigEntry> entries;

  // "" where it has none.
  const std::string& value() const;
  // {"name", "values", "line", "entries"}: for people and tests.
  Json to_json() const;
};

enum class TextFormat { kNginx, kXml, kIni, kPostgresql, kPgHba, kProperties, kEnvironment };
std::optional<TextFormat> parse_text_format(std::string_view name);
std::string_view to_string(TextFormat format);

// Includes stay entries of their own (product/config_files.h follows them). `file` is what errors and entries name.
// kResourceExhausted beyond a limit above.
Result<std::vector<ConfigEntry>> read_config_text(TextFormat format, std::string_view text, std::string_view file);

// The readers of the single formats, for read_config_text.
Result<std::vector<ConfigEntry>> read_nginx(std::string_view text, std::string_view file);
Result<std::vector<ConfigEntry>> read_xml(std::string_view text, std::string_view file);
// "!include" and "!includedir" become entries of these names. Sections of one name are entries of their own.
Result<std::vector<ConfigEntry>> read_ini(std::string_view text, std::string_view file);
Result<std::vector<ConfigEntry>> read_postgresql(std::string_view text, std::string_view file);
// One entry a record, named by its type: host, local, hostssl.
Result<std::vector<ConfigEntry>> read_pg_hba(std::string_view text, std::string_view file);
Result<std::vector<ConfigEntry>> read_properties(std::string_view text, std::string_view file);
// NAME=value as systemd and shells read it, also after "export".
Result<std::vector<ConfigEntry>> read_environment(std::string_view text, std::string_view file);

}  // namespace capstan::product
