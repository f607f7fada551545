#include "product/product_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>

#include "base/file.h"

namespace capstan::product {
namespace {

constexpr size_t kMostSettings = 80;  // Two columns each; a table has at most 200.
constexpr std::array<std::string_view, 6> kBounds = {"connections", "threads", "queue", "timeout", "wait", "body"};

void each_item(MapReader& reader, std::string_view key, const std::function<void(const ConfigNode&)>& take) {
  const ConfigNode* list = reader.node(key);
  if (list == nullptr) return;
  if (!list->is_sequence()) {
    return reader.problem(*list, fmt::format("'{}' is {}; expected a list", key, list->describe()));
  }
  for (const ConfigNode& item : list->items) take(item);
}

SettingType read_type(MapReader& reader, std::string_view otherwise) {
  const std::string name =
      reader.one_of("type", {"text", "integer", "number", "boolean", "bytes", "seconds"}, otherwise);
  return parse_setting_type(name).value_or(SettingType::kText);
}

FileSpec read_file_spec(const ConfigNode& node, MapReader& parent) {
  MapReader reader(node, "a file");
  FileSpec file;
  file.name = reader.required_string("file");
  const std::string format =
      reader.one_of("format", {"nginx", "xml", "ini", "postgresql", "pg_hba", "properties", "environment"}, "ini");
  file.format = parse_text_format(format).value_or(TextFormat::kIni);
  file.paths = reader.strings("paths");
  file.is_all_paths = reader.bool_or("all_paths", false);
  file.names = reader.strings("names");
  file.contains = reader.strings("contains");
  file.within = reader.strings("within");
  parent.absorb(reader.finish());
  return file;
}

SettingSpec read_setting(const ConfigNode& node, MapReader& parent) {
  MapReader reader(node, "a setting");
  SettingSpec setting;
  setting.name = reader.required_string("name");
  setting.file = reader.string_or("file", "");
  setting.paths = reader.strings("path");
  setting.arguments = reader.strings("argument");
  setting.environment = reader.strings("environment");
  setting.type = read_type(reader, "text");
  setting.unit = reader.string_or("unit", "");
  setting.otherwise = reader.string_or("default", "");
  setting.takes_last = reader.one_of("takes", {"first", "last"}, "first") == "last";
  setting.help = reader.string_or("help", "");
  setting.runtime = reader.string_or("runtime", "");
  setting.metric = reader.string_or("metric", "");
  setting.metric_limit_times = reader.string_or("metric_limit_times", "");
  setting.runtime_metric = reader.string_or("runtime_metric", "");
  setting.applies = reader.one_of("applies", {"reload", "restart"}, "reload");
  setting.seen_in_log = reader.strings("seen_in_log");
  setting.remedy = reader.string_or("remedy", "");
  for (const std::string& argument : setting.arguments) {
    if (argument.find("VALUE") == std::string::npos)
      reader.problem(reader.at("argument"), fmt::format("'{}' has no VALUE in it", argument));
  }
  parent.absorb(reader.finish());
  return setting;
}

ValueSpec read_bound(const ConfigNode& node, std::string_view bound, MapReader& parent) {
  MapReader reader(node, bound);
  ValueSpec value;
  value.from = reader.required_string("from");
  value.name = reader.string_or("name", "");
  value.otherwise = reader.string_or("default", "");
  value.unit = reader.string_or("unit", "");
  value.type = bound == "timeout" || bound == "wait" ? SettingType::kSeconds
               : bound == "body"                     ? SettingType::kBytes
                                                     : SettingType::kInteger;
  parent.absorb(reader.finish());
  return value;
}

EndpointSpec read_endpoint(const ConfigNode& node, MapReader& parent) {
  MapReader reader(node, "an endpoint");
  EndpointSpec endpoint;
  endpoint.name = reader.string_or("name", "");
  endpoint.role = reader.one_of("role", {"listens", "connects"}, "connects") == "listens"
                      ? EndpointSpec::Role::kListens
                      : EndpointSpec::Role::kConnects;
  endpoint.protocol = reader.string_or("protocol", "");
  endpoint.applies = reader.one_of("applies", {"reload", "restart"}, "reload");
  endpoint.file = reader.string_or("file", "");
  endpoint.each = reader.string_or("each", "");
  endpoint.address = reader.string_or("address", "");
  endpoint.host = reader.string_or("host", "");
  endpoint.port = reader.string_or("port", "");
  endpoint.default_host = reader.string_or("default_host", "");
  endpoint.default_port = static_cast<int>(reader.int_or("default_port", 0, 0, 65535));
  endpoint.not_named = reader.string_or("not_named", "");
  endpoint.database = reader.string_or("database", "");
  endpoint.databases = reader.string_or("databases", "");
  endpoint.seen_in_log = reader.strings("seen_in_log");
  for (std::string_view bound : kBounds) {
    if (const ConfigNode* value = reader.node(bound))
      endpoint.bounds.emplace_back(bound, read_bound(*value, bound, reader));
  }
  if (endpoint.address.empty() && endpoint.host.empty() && endpoint.port.empty())
    reader.problem(node, "an endpoint needs 'address', or 'host' and 'port'");
  parent.absorb(reader.finish());
  return endpoint;
}

void check_settings(const ProductSpec& product, MapReader& reader, const ConfigNode& node) {
  std::set<std::string_view> names;
  for (const SettingSpec& setting : product.settings) {
    if (!names.insert(setting.name).second)
      reader.problem(node, fmt::format("the setting '{}' is declared twice", setting.name));
    if (!setting.file.empty() && product.file_named(setting.file) == nullptr)
      reader.problem(
          node, fmt::format("the setting '{}' is in the file '{}', which is not declared", setting.name, setting.file));
    const std::string& times = setting.metric_limit_times;
    if (!times.empty() && std::ranges::find(product.settings, times, &SettingSpec::name) == product.settings.end())
      reader.problem(node, fmt::format("the limit of '{}' is multiplied by the setting '{}', which is not declared",
                                       setting.name, times));
  }
  if (product.settings.size() > kMostSettings)
    reader.problem(node, fmt::format("{} settings; the limit is {}", product.settings.size(), kMostSettings));
}

Result<ProductSpec> read_product(const ConfigNode& node) {
  if (!node.is_map()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}; expected a map that begins with 'product:'", node.describe()), node.where);
  }
  MapReader reader(node, "a product");
  ProductSpec product;
  product.where = node.where;
  product.name = reader.required_string("product");
  product.kind = reader.required_string("kind");
  product.title = reader.string_or("title", product.name);
  product.help = reader.string_or("help", "");
  product.images = reader.strings("images");
  product.children_apply_reload = reader.bool_or("children_apply_reload", false);
  product.reload_is_silent = reader.bool_or("reload_is_silent", false);
  if (const ConfigNode* process = reader.node("process")) {
    MapReader match(*process, "process");
    product.process_names = match.strings("names");
    product.process_arguments = match.strings("arguments");
    if (product.process_names.empty()) match.problem(*process, "'names' is missing: how the program's file is called");
    reader.absorb(match.finish());
  }
  each_item(reader, "files", [&](const ConfigNode& item) { product.files.push_back(read_file_spec(item, reader)); });
  each_item(reader, "settings",
            [&](const ConfigNode& item) { product.settings.push_back(read_setting(item, reader)); });
  each_item(reader, "endpoints",
            [&](const ConfigNode& item) { product.endpoints.push_back(read_endpoint(item, reader)); });
  if (product.files.empty()) reader.problem(node, "'files' is missing: where its settings lie");
  check_settings(product, reader, node);
  TRY(reader.finish());
  return product;
}

}  // namespace

std::span<const std::string_view> endpoint_bounds() { return kBounds; }

const FileSpec* ProductSpec::file_named(std::string_view file) const {
  if (file.empty()) return files.empty() ? nullptr : &files.front();
  const auto found = std::ranges::find(files, file, &FileSpec::name);
  return found == files.end() ? nullptr : &*found;
}

LoadedProducts read_products(std::span<const ProductFile> files) {
  LoadedProducts loaded;
  std::map<std::string, ProductSpec> found;
  for (const ProductFile& file : files) {
    const Result<std::vector<ConfigNode>> documents = parse_yaml(file.text, file.path);
    if (!documents) {
      loaded.problems.push_back(documents.error());
      continue;
    }
    for (const ConfigNode& document : *documents) {
      if (document.is_null()) continue;
      Result<ProductSpec> product = read_product(document);
      if (!product) {
        loaded.problems.push_back(std::move(product).error());
      } else if (const auto known = found.find(product->name); known != found.end()) {
        loaded.problems.push_back({ErrorCode::kInvalidArgument,
                                   fmt::format("the product '{}' is declared already in {}, line {}", product->name,
                                               known->second.where.file, known->second.where.line),
                                   document.where});
      } else {
        found.emplace(product->name, *std::move(product));
      }
    }
  }
  for (auto& [name, product] : found) loaded.products.push_back(std::move(product));
  return loaded;
}

LoadedProducts load_products(std::span<const std::filesystem::path> pack_directories) {
  std::vector<ProductFile> files;
  std::vector<Error> problems;
  for (const std::filesystem::path& directory : pack_directories) {
    std::vector<std::filesystem::path> paths = {directory / "products.yaml"};
    std::error_code none;
    for (const auto& pack : std::filesystem::directory_iterator(directory, none)) {
      paths.push_back(pack.path() / "products.yaml");
    }
    std::ranges::sort(paths);
    for (const std::filesystem::path& path : paths) {
      if (!std::filesystem::is_regular_file(path, none)) continue;
      Result<std::string> text = read_file(path);
      if (text) {
        files.push_back({path.string(), *std::move(text)});
      } else {
        problems.push_back(std::move(text).error());
      }
    }
  }
  LoadedProducts loaded = read_products(files);
  loaded.problems.insert(loaded.problems.begin(), problems.begin(), problems.end());
  return loaded;
}

}  // namespace capstan::product
