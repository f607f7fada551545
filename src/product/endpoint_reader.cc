#include <fmt/format.h>

#include <algorithm>

#include "base/fit.h"
#include "product/entry_path.h"
#include "product/reading.h"

namespace capstan::product {
namespace {

std::string place_of(const Json& row) {
  const std::string& source = row["source"].string_or_empty();
  if (source != "file") return source;
  return fmt::format("{}:{}", row["file"].string_or_empty(), row["line"].int_or(0));
}

class EndpointReader {
 public:
  explicit EndpointReader(Reading& reading) : reading_(reading) {}

  void read(const EndpointSpec& spec) {
    if (spec.each.empty()) return read_endpoint(spec, nullptr);
    for (const FoundEntry& one : find_entries(reading_.entries_of(spec.file), spec.each)) read_endpoint(spec, &one);
  }

 private:
  // "@port" and the like of an entry, "value 1", "option name", "inherited name", "setting name".
  std::optional<Written> find_value(const std::string& from, const FoundEntry* of) {
    if (from.starts_with("setting ")) {
      const Json* row = reading_.out.setting(from.substr(8));
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

  // The directories in which the declared file lies: "shop, stock".
  std::string databases_of(const EndpointSpec& spec) const {
    const std::optional<std::string> pattern = spec.databases.empty() ? std::nullopt : reading_.filled(spec.databases);
    std::vector<std::string> names;
    if (!pattern) return "";
    for (const std::string& path : reading_.files.list(*pattern)) {
      const std::string directory = directory_of(path);
      names.push_back(directory.substr(directory.rfind('/') + 1));
    }
    return fmt::format("{}", fmt::join(names, ", "));
  }

  bool is_name_of(const EndpointSpec& spec, const std::string& host) {
    if (spec.not_named.empty()) return false;
    return std::ranges::any_of(find_entries(reading_.entries_of(spec.file), spec.not_named),
                               [&](const FoundEntry& one) { return one.entry->value() == host; });
  }

  void read_endpoint(const EndpointSpec& spec, const FoundEntry* of) {
    if (reading_.out.endpoints.items().size() >= kMostRows) return;
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
    if (!host || host->where.file.empty() || reading_.out.endpoints.items().empty()) return;
    reading_.out.endpoints.mutable_items().back().set("address_at",
                                                      fmt::format("{}:{}", host->where.file, host->where.line));
  }

  void add_endpoint(const EndpointSpec& spec, const FoundEntry* of, const Written& written, const Address& address) {
    Json endpoint = Json::object({{"spec", static_cast<int64_t>(&spec - reading_.product.endpoints.data())},
                                  {"value", fit_text(without_secrets(written.value), kLongestValue)},
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
    if (is_written || reading_.surroundings.has_defaults) reading_.out.endpoints.push_back(std::move(endpoint));
  }

  Reading& reading_;
};

}  // namespace

void read_endpoints(Reading& reading) {
  for (const EndpointSpec& endpoint : reading.product.endpoints) EndpointReader(reading).read(endpoint);
}

}  // namespace capstan::product
