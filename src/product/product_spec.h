// What packs know of a product (packs/<pack>/products.yaml), one YAML document a product:
//
//   product: nginx
//   kind: nginx_server                   # The table of its running servers.
//   process: { names: [nginx] }
//   images: [nginx]                      # In Kubernetes.
//   files:
//     - file: main
//       format: nginx
//       paths: ["{argument -c}", /etc/nginx/nginx.conf]      # The first that there is.
//       names: [nginx.conf, "*.conf"]                        # Its names in a config map.
//       within: [/etc/nginx, /usr/share/nginx/modules-available]   # Where includes may lead, beside its own directory.
//   settings:
//     - { name: worker_connections, path: events/worker_connections, type: integer, default: 512, help: … }
//   endpoints:
//     - { role: connects, each: http/upstream/server, address: value, default_port: 80 }
//
// docs/products.md says what each means.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "product/config_text.h"
#include "product/setting_value.h"

namespace capstan::product {

struct FileSpec {
  std::string name;  // "main": settings name it.
  TextFormat format = TextFormat::kIni;
  // Patterns; {argument -c}, {environment NAME}, {property name}, {setting name} and {directory} are filled in, and a
  // path of which one has no value is none.
  std::vector<std::string> paths;
  bool is_all_paths = false;       // Every path that there is, not the first: my.cnf in several places.
  std::vector<std::string> names;  // File names, as patterns, in config maps.
  std::vector<std::string>
      contains;                     // A text of a config map is such a file only with one of these in it; none: always.
  std::vector<std::string> within;  // Directories.

  bool operator==(const FileSpec&) const = default;
};

// A value at an entry: "@port", "value", "value 1", "setting max_connections"; with what it is where none is written.
struct ValueSpec {
  std::string from;
  std::string name;  // What people call it; empty: the last step of `from`.
  std::string otherwise;
  SettingType type = SettingType::kInteger;
  std::string unit;

  bool operator==(const ValueSpec&) const = default;
};

struct SettingSpec {
  std::string name;  // Also the column.
  std::string file;  // "" is the first file.
  std::vector<std::string> paths;
  std::vector<std::string> arguments;    // "-c max_connections=VALUE", "-XmxVALUE", "-p VALUE"; they win over the file.
  std::vector<std::string> environment;  // Variables whose value it is, or whose value holds such arguments.
  SettingType type = SettingType::kText;
  std::string unit;
  std::string otherwise;    // What holds where it is not written; "" is not known.
  bool takes_last = false;  // Of several that are written the last holds; else the first.
  std::string help;
  std::string runtime;                   // Where the server tells it: a variable, a bean's attribute.
  std::string metric;                    // PromQL: how much of it is in use.
  std::string metric_limit_times;        // A setting by which it is multiplied to be the limit of that: workers.
  std::string runtime_metric;            // PromQL: its value as the running server tells it.
  std::string applies = "reload";        // What brings a change into force: reload, restart.
  std::vector<std::string> seen_in_log;  // Patterns (% is anything) of lines that a wrong value brings.
  std::string remedy;                    // What to do then.

  bool operator==(const SettingSpec&) const = default;
};

struct EndpointSpec {
  enum class Role { kListens, kConnects };
  std::string name;
  Role role = Role::kConnects;
  std::string protocol;  // Those it speaks, with blanks between; empty: the scheme of the URL.
  std::string applies = "reload";
  std::string file;
  std::string each;     // An endpoint for each entry there; "" is one for the whole server.
  std::string address;  // A value that holds an address or a URL; or
  std::string host;     // the two apart.
  std::string port;
  std::string default_host;
  int default_port = 0;
  std::string not_named;  // A path: no endpoint where the host is a value of an entry there.
  std::string database;   // Where its name stands apart.
  std::string databases;  // A pattern of files, one in the directory of each database that there is.
  // connections, threads, queue, timeout, wait, body: what bounds it.
  std::vector<std::pair<std::string, ValueSpec>> bounds;
  std::vector<std::string> seen_in_log;

  bool operator==(const EndpointSpec&) const = default;
};

struct ProductSpec {
  std::string name;
  std::string kind;
  std::string title;
  std::string help;
  std::vector<std::string> process_names;
  std::vector<std::string> process_arguments;  // All must be part of the command line.
  std::vector<std::string> images;
  bool children_apply_reload = false;  // A reload starts new children.
  bool reload_is_silent = false;       // A reload leaves no trace: only what needs a restart can be waiting for one.
  std::vector<FileSpec> files;
  std::vector<SettingSpec> settings;
  std::vector<EndpointSpec> endpoints;
  Where where;

  const FileSpec* file_named(std::string_view file) const;

  bool operator==(const ProductSpec&) const = default;
};

struct LoadedProducts {
  std::vector<ProductSpec> products;  // Sorted by name.
  std::vector<Error> problems;        // A product with a problem is left out.
};

struct ProductFile {
  std::string path;
  std::string text;
};

// Of a product that is declared twice the first declaration holds.
LoadedProducts read_products(std::span<const ProductFile> files);
LoadedProducts load_products(std::span<const std::filesystem::path> pack_directories);

// The bounds that endpoints can have, in the order of their columns.
std::span<const std::string_view> endpoint_bounds();

}  // namespace capstan::product
