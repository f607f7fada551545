#include "product/product_kinds.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"

namespace capstan::product {
namespace {

constexpr size_t kMostListBytes = 15 << 10;  // Below what a column of JSON takes.

ColumnType column_type(SettingType type) {
  switch (type) {
    case SettingType::kText: return ColumnType::kText;
    case SettingType::kInteger:
    case SettingType::kBytes: return ColumnType::kInteger;
    case SettingType::kNumber:
    case SettingType::kSeconds: return ColumnType::kReal;
    case SettingType::kBoolean: return ColumnType::kBoolean;
  }
  return ColumnType::kText;
}

KindSpec::Column column(std::string_view name, ColumnType type, std::string_view help) {
  return {.name = std::string(name), .type = type, .help = std::string(help), .is_volatile = false};
}

// Rows from the end are left out until the list fits: what matters most is declared first.
Json fitting(Json list) {
  while (list.dump().size() > kMostListBytes && !list.items().empty()) list.mutable_items().pop_back();
  return list;
}

const SettingSpec* setting_named(const ProductSpec& product, const std::string& name) {
  const auto found = std::ranges::find(product.settings, name, &SettingSpec::name);
  return found == product.settings.end() ? nullptr : &*found;
}

std::string at_of(const Json& row) {
  if (!row.contains("file")) return row["source"].string_or_empty();
  return fmt::format("{}:{}", row["file"].string_or_empty(), row["line"].int_or(0));
}

// A row with what the declaration knows of the setting.
Json setting_row(const ProductSpec& product, Json row) {
  row.set("product", product.name);
  row.set("at", at_of(row));
  row.set("in_force", row["in_force"].bool_or(false));
  row.set("is_default", row["source"].string_or_empty() == "default");
  const SettingSpec* setting = setting_named(product, row["name"].string_or_empty());
  if (setting == nullptr) return row;
  row.set("help", setting->help);
  row.set("unit", setting->unit);
  row.set("runtime", setting->runtime);
  row.set("metric", setting->metric);
  row.set("runtime_metric", setting->runtime_metric);
  row.set("applies", setting->applies);
  row.set("remedy", setting->remedy);
  row.set("seen_in_log", fmt::format("{}", fmt::join(setting->seen_in_log, "\n")));
  return row;
}

Json endpoint_row(const ProductSpec& product, Json row) {
  const auto index = static_cast<size_t>(row["spec"].int_or(-1));
  if (index >= product.endpoints.size()) return {};
  const EndpointSpec& spec = product.endpoints[index];
  row.set("product", product.name);
  row.set("name", spec.name);
  row.set("protocol", spec.protocol.empty() ? row["scheme"].string_or_empty() : spec.protocol);
  row.set("role", spec.role == EndpointSpec::Role::kListens ? "listens" : "connects");
  row.set("at", at_of(row));
  row.set("seen_in_log", fmt::format("{}", fmt::join(spec.seen_in_log, "\n")));
  return row;
}

// "docker.io/library/nginx:1.25@sha256:…" is an image of "nginx"; "bitnami/nginx" is one of "bitnami/nginx" only.
bool is_image(std::string_view image, std::string_view wanted) {
  image = image.substr(0, image.find('@'));
  const size_t slash = image.rfind('/');
  const size_t colon = image.find(':', slash == std::string_view::npos ? 0 : slash);
  image = image.substr(0, colon);
  for (std::string_view prefix : {"docker.io/", "library/"}) {
    if (image.starts_with(prefix)) image.remove_prefix(prefix.size());
  }
  return image == wanted || (image.ends_with(wanted) && image[image.size() - wanted.size() - 1] == '/');
}

// What a container's arguments and variables say.
Configuration read_container(const ProductSpec& product, const Json& container) {
  Surroundings surroundings;
  surroundings.is_whole_environment = false;
  for (std::string_view list : {"command", "args"}) {
    for (const Json& word : container[list].items()) surroundings.arguments.push_back(word.string_or_empty());
  }
  std::map<std::string, std::string, std::less<>> environment;
  for (const Json& variable : container["env"].items()) {
    if (variable["value"].is_string())
      environment[variable["name"].string_or_empty()] = variable["value"].string_or_empty();
  }
  surroundings.environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  const std::map<std::string, std::string, std::less<>> none;
  NamedTexts no_files(none);
  return read_configuration(product, no_files, surroundings);
}

class ProductParts final : public PartReader {
 public:
  ProductParts(RowsOf what, std::vector<ProductSpec> products) : what_(what), products_(std::move(products)) {
    for (const ProductSpec& product : products_) version_ += product.name + "\n" + describe(product);
    version_ = hex(sha256(version_));
  }

  std::vector<Json> read(std::string_view kind, const Json& source) const override {
    std::vector<Json> rows;
    if (source.is_array()) {
      const auto product = std::ranges::find(products_, kind, &ProductSpec::kind);
      if (product != products_.end()) add(*product, source, rows);
    } else if (source.contains("image")) {
      for (const ProductSpec& product : products_) {
        const bool fits = std::ranges::any_of(
            product.images, [&](const std::string& one) { return is_image(source["image"].string_or_empty(), one); });
        if (!fits) continue;
        add(product, list_of(read_container(product, source)), rows);
        for (Json& row : rows) row.set("container", source["name"].string_or_empty());
      }
    } else {
      read_texts_of(source, rows);
    }
    return rows;
  }
  const std::string& version() const override { return version_; }

 private:
  const Json& list_of(const Configuration& configuration) const {
    return what_ == RowsOf::kSettings ? configuration.settings : configuration.endpoints;
  }

  void add(const ProductSpec& product, const Json& list, std::vector<Json>& rows) const {
    for (const Json& row : list.items()) {
      Json full = what_ == RowsOf::kSettings ? setting_row(product, row) : endpoint_row(product, row);
      if (!full.is_null()) rows.push_back(std::move(full));
    }
  }

  void read_texts_of(const Json& source, std::vector<Json>& rows) const {
    std::map<std::string, std::string, std::less<>> texts;
    for (const auto& [name, text] : source.members()) {
      if (text.is_string()) texts[name] = text.string_or_empty();
    }
    if (texts.empty()) return;
    for (const ProductSpec& product : products_) add(product, list_of(read_texts(product, texts)), rows);
  }

  // What rows depend on: where and how settings are found, and what is said of them.
  static std::string describe(const ProductSpec& product) {
    std::string text = fmt::format("{}\n", fmt::join(product.images, " "));
    for (const FileSpec& file : product.files) {
      text += fmt::format("{} {} {} {}\n", file.name, to_string(file.format), fmt::join(file.names, " "),
                          fmt::join(file.contains, " "));
    }
    for (const SettingSpec& one : product.settings) {
      text += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n", one.name, one.file,
                          fmt::join(one.paths, " "), fmt::join(one.arguments, " "), fmt::join(one.environment, " "),
                          static_cast<int>(one.type), one.unit, one.otherwise, one.takes_last, one.runtime, one.metric,
                          one.runtime_metric, one.applies, fmt::join(one.seen_in_log, " "), one.remedy, one.help);
    }
    for (const EndpointSpec& one : product.endpoints) {
      text += fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}\n", one.name, static_cast<int>(one.role),
                          one.protocol, one.file, one.each, one.address, one.host, one.port, one.default_host,
                          one.default_port, one.not_named, one.database, fmt::join(one.seen_in_log, " "));
      for (const auto& [name, bound] : one.bounds)
        text += fmt::format("{} {} {} {} {}\n", name, bound.from, bound.name, bound.otherwise, bound.unit);
    }
    return text;
  }

  RowsOf what_;
  std::vector<ProductSpec> products_;
  std::string version_;
};

}  // namespace

KindSpec kind_of(const ProductSpec& product) {
  KindSpec kind;
  kind.name = product.kind;
  kind.title = product.title;
  kind.help = product.help;
  kind.places.emplace(kProductPlace, JsonPath());
  kind.columns = {
      column("product", ColumnType::kText, "The product, as packs name it."),
      column("host", ColumnType::kText, "The machine it runs on."),
      column("process", ColumnType::kText, "Id of its process; of one that has ended, the last one."),
      column("pid", ColumnType::kInteger, "Number of that process."),
      column("running", ColumnType::kBoolean, "Whether it runs."),
      column("config_file", ColumnType::kText, "The file that its configuration begins with."),
      column("in_force_since", ColumnType::kTime, "When it last took its configuration in."),
      column("changed_at", ColumnType::kTime, "When a file of its configuration was last changed."),
      column("pending", ColumnType::kJson, "Settings whose change is not in force: name, at, was, wanted."),
      column("missing", ColumnType::kJson, "Variables that its files name and nothing sets: variable, file, line."),
      column("problems", ColumnType::kJson, "Files that could not be read."),
      column("open_files_limit", ColumnType::kInteger, "How many files it may have open."),
      column("memory_limit", ColumnType::kInteger, "Bytes of memory it may use; none where nothing limits it."),
      column("settings", ColumnType::kJson, "The rows of config_setting."),
      column("endpoints", ColumnType::kJson, "The rows of config_endpoint."),
  };
  for (const SettingSpec& setting : product.settings) {
    kind.columns.push_back(column(setting.name, column_type(setting.type), setting.help));
    kind.columns.push_back(column(setting.name + "_at", ColumnType::kText, "Where that is written: file:line."));
  }
  return kind;
}

Json fields_of(const ProductSpec& product, const Configuration& configuration) {
  Json fields = Json::object({{"product", product.name}, {"config_file", configuration.main_file}});
  for (const SettingSpec& setting : product.settings) {
    const Json* row = configuration.setting(setting.name);
    const Json* any = row;
    for (const Json& one : configuration.settings.items()) {
      if (any == nullptr && one["name"].string_or_empty() == setting.name) any = &one;
    }
    if (any == nullptr) continue;
    fields.set(setting.name, typed_value(setting.type, (*any)["value"].string_or_empty(), setting.unit));
    fields.set(setting.name + "_at", at_of(*any));
  }
  Json problems = Json::array();
  for (const Error& problem : configuration.problems) problems.push_back(problem.to_string());
  if (!problems.items().empty()) fields.set("problems", fitting(std::move(problems)));
  if (!configuration.missing.items().empty()) fields.set("missing", fitting(configuration.missing));
  fields.set("settings", fitting(configuration.settings));
  fields.set("endpoints", fitting(configuration.endpoints));
  return fields;
}

std::shared_ptr<const PartReader> part_reader(RowsOf what, std::vector<ProductSpec> products) {
  return std::make_shared<ProductParts>(what, std::move(products));
}

}  // namespace capstan::product
