// Where a setting is within entries: "http/upstream/server", "Server/Service/Connector/@port",
// "**/client_max_body_size".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "product/config_text.h"

namespace capstan::product {

// An entry and those that it lies in, outermost first.
struct FoundEntry {
  const ConfigEntry* entry = nullptr;
  std::vector<const ConfigEntry*> within;

  // "server / location /api": those it lies in, without the outermost names that every setting has.
  std::string place() const;
};

// Steps are names, `*` for any one entry and `**` for any number of levels, also none. In the order of the text, at
// most a thousand. "" finds nothing.
std::vector<FoundEntry> find_entries(const std::vector<ConfigEntry>& entries, std::string_view path);

}  // namespace capstan::product
