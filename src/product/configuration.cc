#include "product/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/mask_secrets.h"
#include "product/entry_path.h"

namespace capstan::product {
namespace {

constexpr size_t kMostRows = 200;  // Of settings, and of endpoints.
constexpr size_t kLongestValue = 300;
// Set by the Java machine itself.
constexpr std::array<std::string_view, 6> kGivenProperties = {"java.", "user.", "os.", "file.", "line.", "path."};

// A value with where it stands.
struct Written {
  std::string value;
  Where where;
  std::string place;
  std::string source = "file";  // file, argument, environment, default.
};

std::string place_of(const Json& row) {
  const std::string& source = row["source"].string_or_empty();
  if (source != "file") return source;
  return fmt::format("{}:{}", row["file"].string_or_empty(), row["line"].int_or(0));
}

class Reading {
 public:
  Reading(const ProductSpec& product, FileSource& files, const Surroundings& surroundings)
      : product_(product), files_(files), surroundings_(surroundings) {}

  // Fills in the pattern of a path; nothing where a part of it has no value.
  std::optional<std::string> filled(std::string_view pattern) const {
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
    return path_below(surroundings_.directory, path);
  }

  void add_file(const FileSpec& spec, ReadFiles read) {
    if (out_.main_file.empty() && !read.paths.empty()) out_.main_file = read.paths.front();
    std::ranges::move(read.paths, std::back_inserter(out_.paths));
    std::ranges::move(read.problems, std::back_inserter(out_.problems));
    std::ranges::move(read.entries, std::back_inserter(entries_[spec.name]));
  }

  Configuration finish() {
    for (const FileSpec& file : product_.files) {
      if (file.format == TextFormat::kXml) fill_variables(entries_[file.name]);
    }
    for (const SettingSpec& setting : product_.settings) read_setting(setting);
    for (const EndpointSpec& endpoint : product_.endpoints) read_endpoints(endpoint);
    return std::move(out_);
  }

 private:
  std::optional<std::string> environment(std::string_view name) const {
    return surroundings_.environment ? surroundings_.environment(name) : std::nullopt;
  }

  // Of "argument -c", "argument -c file=VALUE", "environment NAME", "setting name", "directory".
  std::optional<std::string> value_of(std::string_view hole) const {
    const size_t blank = hole.find(' ');
    const std::string_view what = hole.substr(0, blank);
    const std::string_view rest = blank == std::string_view::npos ? "" : hole.substr(blank + 1);
    if (what == "directory") return surroundings_.directory;
    if (what == "environment") return environment(rest);
    if (what == "setting") return value_of_setting(rest);
    if (what != "argument") return std::nullopt;
    const bool has_hole = rest.find("VALUE") != std::string_view::npos;
    return argument_value(surroundings_.arguments, has_hole ? std::string(rest) : std::string(rest) + " VALUE");
  }

  std::optional<std::string> value_of_setting(std::string_view name) const {
    const Json* row = out_.setting(name);
    if (row == nullptr) return std::nullopt;
    return (*row)["value"].string_or_empty();
  }

  const std::vector<ConfigEntry>& entries_of(std::string_view file) {
    const FileSpec* spec = product_.file_named(file);
    static const std::vector<ConfigEntry> none;
    return spec == nullptr ? none : entries_[spec->name];
  }

  // ${name} and ${name:-otherwise} in XML, as the Java machine, a properties file or the environment set it.
  void fill_variables(std::vector<ConfigEntry>& entries) {
    for (ConfigEntry& entry : entries) {
      for (std::string& value : entry.values) value = with_variables(value, entry.where);
      fill_variables(entry.entries);
    }
  }

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
    if (auto value = argument_value(surroundings_.arguments, "-D" + name + "=VALUE")) return value;
    for (const FileSpec& file : product_.files) {
      if (file.format != TextFormat::kProperties) continue;
      for (const ConfigEntry& entry : entries_[file.name]) {
        if (entry.name == name) return entry.value();
      }
    }
    return environment(name);
  }

  void note_missing(const std::string& name, const Where& where) {
    const bool given = std::ranges::any_of(kGivenProperties, [&](auto prefix) { return name.starts_with(prefix); });
    if (given || !surroundings_.is_whole_environment || out_.missing.items().size() >= kMostRows) return;
    out_.missing.push_back(Json::object({{"variable", name}, {"file", where.file}, {"line", where.line}}));
  }

  std::vector<Written> in_files(const SettingSpec& setting) {
    std::vector<Written> found;
    for (const std::string& path : setting.paths) {
      for (const FoundEntry& one : find_entries(entries_of(setting.file), path)) {
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
      if (auto value = argument_value(surroundings_.arguments, pattern))
        return Written{std::move(*value), {}, "", "argument " + pattern.substr(0, pattern.find("VALUE"))};
    }
    for (const std::string& variable : setting.environment) {
      const size_t blank = variable.find(' ');
      std::optional<std::string> value = environment(variable.substr(0, blank));
      if (value && blank != std::string::npos)
        value = argument_value(split_arguments(*value), variable.substr(blank + 1));
      if (value) return Written{std::move(*value), {}, "", "environment " + variable.substr(0, blank)};
    }
    return std::nullopt;
  }

  void read_setting(const SettingSpec& setting) {
    std::vector<Written> rows = in_files(setting);
    size_t in_force = setting.takes_last && !rows.empty() ? rows.size() - 1 : 0;
    if (std::optional<Written> outside = outside_of_files(setting)) {
      rows.push_back(*std::move(outside));
      in_force = rows.size() - 1;
    }
    if (rows.empty() && surroundings_.has_defaults && !setting.otherwise.empty())
      rows.push_back({setting.otherwise, {}, "", "default"});
    for (size_t i = 0; i < rows.size(); ++i) add_row(setting, rows[i], i == in_force);
  }

  void add_row(const SettingSpec& setting, const Written& written, bool in_force) {
    if (out_.settings.items().size() >= kMostRows) return;
    const bool is_secret = speaks_of_secret(setting.name) && !names_a_place(setting.name);
    const std::string shown = is_secret ? std::string(kMask) : without_secrets(written.value);
    Json row = Json::object({{"name", setting.name}, {"value", shown.substr(0, kLongestValue)}});
    if (const auto number = number_of(setting.type, written.value, setting.unit)) row.set("number", *number);
    if (!written.where.file.empty()) {
      row.set("file", written.where.file);
      row.set("line", written.where.line);
    }
    if (!written.place.empty()) row.set("place", written.place);
    row.set("source", written.source);
    if (in_force) row.set("in_force", true);
    out_.settings.push_back(std::move(row));
  }

  // "@port" and the like of an entry, "value 1", "option name", "inherited name", "setting name".
  std::optional<Written> find_value(const std::string& from, const FoundEntry* of) {
    if (from.starts_with("setting ")) {
      const Json* row = out_.setting(from.substr(8));
      if (row == nullptr) return std::nullopt;
      return Written{(*row)["value"].string_or_empty(),
                     {(*row)["file"].string_or_empty(), static_cast<int>((*row)["line"].int_or(0)), 0},
                     "",
                     (*row)["source"].string_or_empty()};
    }
    if (of == nullptr) return std::nullopt;
    if (from == "value" || from.starts_with("value ")) {
      const size_t index = from == "value" ? 0 : static_cast<size_t>(std::atoi(from.c_str() + 6));
      if (index >= of->entry->values.size()) return std::nullopt;
      return Written{of->entry->values[index], of->entry->where, ""};
    }
    if (from.starts_with("option ")) return option(from.substr(7), *of->entry);
    if (from.starts_with("inherited ")) return inherited(from.substr(10), *of);
    const std::vector<FoundEntry> found = find_entries(of->entry->entries, from);
    if (found.empty()) return std::nullopt;
    return Written{found[0].entry->value(), found[0].entry->where, ""};
  }

  // Of "max_conns=20" among the values.
  static std::optional<Written> option(std::string_view name, const ConfigEntry& entry) {
    for (const std::string& value : entry.values) {
      const bool is_it = value.starts_with(name) && value.size() > name.size() && value[name.size()] == '=';
      if (is_it) return Written{value.substr(name.size() + 1), entry.where, ""};
    }
    return std::nullopt;
  }

  // Of the innermost block that says it.
  static std::optional<Written> inherited(std::string_view name, const FoundEntry& of) {
    for (auto block = of.within.rbegin(); block != of.within.rend(); ++block) {
      for (const ConfigEntry& entry : (*block)->entries) {
        if (entry.name == name) return Written{entry.value(), entry.where, ""};
      }
    }
    return std::nullopt;
  }

  void read_endpoints(const EndpointSpec& spec) {
    if (spec.each.empty()) return read_endpoint(spec, nullptr);
    for (const FoundEntry& one : find_entries(entries_of(spec.file), spec.each)) read_endpoint(spec, &one);
  }

  // The directories in which the declared file lies: "shop, stock".
  std::string databases_of(const EndpointSpec& spec) const {
    const std::optional<std::string> pattern = spec.databases.empty() ? std::nullopt : filled(spec.databases);
    std::vector<std::string> names;
    if (!pattern) return "";
    for (const std::string& path : files_.list(*pattern)) {
      const std::string directory = directory_of(path);
      names.push_back(directory.substr(directory.rfind('/') + 1));
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }

  bool is_name_of(const EndpointSpec& spec, const std::string& host) {
    if (spec.not_named.empty()) return false;
    return std::ranges::any_of(find_entries(entries_of(spec.file), spec.not_named),
                               [&](const FoundEntry& one) { return one.entry->value() == host; });
  }

  void read_endpoint(const EndpointSpec& spec, const FoundEntry* of) {
    if (out_.endpoints.items().size() >= kMostRows) return;
    std::optional<Written> written;
    Address address;
    if (!spec.address.empty()) {
      written = find_value(spec.address, of);
      const std::optional<Address> parsed = written ? parse_address(written->value) : std::nullopt;
      if (!parsed) return;
      address = *parsed;
    }
    const std::optional<Written> host = spec.host.empty() ? std::nullopt : find_value(spec.host, of);
    const std::optional<Written> port = spec.port.empty() ? std::nullopt : find_value(spec.port, of);
    if (host && !host->value.empty()) address.host = host->value;
    if (port) address.port = static_cast<int>(number_of(SettingType::kInteger, port->value, "").value_or(0));
    if (!written) written = port ? port : host;
    if (!written && of != nullptr) return;
    if (is_name_of(spec, address.host)) return;
    if (address.host.empty()) address.host = spec.default_host;
    if (address.port <= 0 && address.scheme != "unix")
      address.port = address.scheme == "https" ? 443 : spec.default_port;
    if (address.scheme != "unix" && (address.port <= 0 || address.port > 65535)) return;
    if (!spec.database.empty()) {
      if (const auto database = find_value(spec.database, of)) address.path = database->value;
    }
    add_endpoint(spec, of, written.value_or(Written{"", {}, "", "default"}), address);
    if (!host || host->where.file.empty() || out_.endpoints.items().empty()) return;
    out_.endpoints.mutable_items().back().set("address_at", fmt::format("{}:{}", host->where.file, host->where.line));
  }

  void add_endpoint(const EndpointSpec& spec, const FoundEntry* of, const Written& written, const Address& address) {
    Json endpoint = Json::object({{"spec", static_cast<int64_t>(&spec - product_.endpoints.data())},
                                  {"value", without_secrets(written.value).substr(0, kLongestValue)},
                                  {"host", address.host},
                                  {"port", address.port},
                                  {"source", written.source}});
    if (!written.where.file.empty()) {
      endpoint.set("file", written.where.file);
      endpoint.set("line", written.where.line);
    }
    if (!address.scheme.empty()) endpoint.set("scheme", address.scheme);
    if (!address.path.empty()) endpoint.set("database", address.path);
    if (const std::string databases = databases_of(spec); !databases.empty()) endpoint.set("databases", databases);
    bool is_written = written.source != "default";
    for (const auto& [name, bound] : spec.bounds) {
      std::optional<Written> value = find_value(bound.from, of);
      is_written = is_written || (value && value->source != "default");
      if (!value && !bound.otherwise.empty()) value = Written{bound.otherwise, {}, "", "default"};
      const auto number = value ? number_of(bound.type, value->value, bound.unit) : std::nullopt;
      if (!number) continue;
      const std::string last = bound.from.substr(bound.from.find_last_of(" /@") + 1);
      Json row = Json::object({{"source", value->source}, {"file", value->where.file}, {"line", value->where.line}});
      endpoint.set(
          name,
          Json::object({{"value", *number}, {"name", bound.name.empty() ? last : bound.name}, {"at", place_of(row)}}));
    }
    // Of a text that says nothing of it, it is not known that it listens.
    if (is_written || surroundings_.has_defaults) out_.endpoints.push_back(std::move(endpoint));
  }

  const ProductSpec& product_;
  FileSource& files_;
  const Surroundings& surroundings_;
  std::map<std::string, std::vector<ConfigEntry>, std::less<>> entries_;  // By the file's name in the declaration.
  Configuration out_;
};

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
  return reading.finish();
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
  return reading.finish();
}

}  // namespace capstan::product
