#include "product/config_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace capstan::product {
namespace {

constexpr std::array<std::pair<TextFormat, std::string_view>, 7> kNames = {{
    {TextFormat::kNginx, "nginx"},
    {TextFormat::kXml, "xml"},
    {TextFormat::kIni, "ini"},
    {TextFormat::kPostgresql, "postgresql"},
    {TextFormat::kPgHba, "pg_hba"},
    {TextFormat::kProperties, "properties"},
    {TextFormat::kEnvironment, "environment"},
}};

}  // namespace

const std::string& ConfigEntry::value() const {
  static const std::string none;
  return values.empty() ? none : values.front();
}

Json ConfigEntry::to_json() const {
  Json json = Json::object({{"name", name}, {"line", where.line}});
  for (const std::string& one : values) json.set("values", json["values"]).push_back(one);
  if (entries.empty()) return json;
  Json children = Json::array();
  for (const ConfigEntry& entry : entries) children.push_back(entry.to_json());
  json.set("entries", std::move(children));
  return json;
}

std::optional<TextFormat> parse_text_format(std::string_view name) {
  for (const auto& [format, known] : kNames) {
    if (known == name) return format;
  }
  return std::nullopt;
}

std::string_view to_string(TextFormat format) {
  for (const auto& [known, name] : kNames) {
    if (known == format) return name;
  }
  return "";
}

Result<std::vector<ConfigEntry>> read_config_text(TextFormat format, std::string_view text, std::string_view file) {
  if (text.size() > kMostTextBytes) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("{} bytes; the limit of a configuration file is {}", text.size(), kMostTextBytes),
                {std::string(file), 0, 0});
  }
  switch (format) {
    case TextFormat::kNginx: return read_nginx(text, file);
    case TextFormat::kXml: return read_xml(text, file);
    case TextFormat::kIni: return read_ini(text, file);
    case TextFormat::kPostgresql: return read_postgresql(text, file);
    case TextFormat::kPgHba: return read_pg_hba(text, file);
    case TextFormat::kProperties: return read_properties(text, file);
    case TextFormat::kEnvironment: return read_environment(text, file);
  }
  return fail(ErrorCode::kInternal, "an unknown format");
}

}  // namespace capstan::product
