// Which manifests should define what is in a cluster: the settings' `manifests:`.
#pragma once

#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "base/time.h"

namespace capstan::loop {

struct ManifestSettings {
  std::string name;
  std::string repository;       // A git URL, or a path: of a repository, or of a plain directory.
  std::string ref;              // A branch or tag; "" for the default one.
  std::string path;             // Within the repository; "" for all of it.
  std::string token_reference;  // "env:…", "file:…"; "" where none is needed.
  std::string cluster;          // "" for the only one.
  std::string space = "default";
  std::string prune;  // A selector of objects that should be among them; "" for none.
  Duration every{60'000};
  Where at;

  bool operator==(const ManifestSettings&) const = default;
};

Result<std::vector<ManifestSettings>> read_manifest_settings(const ConfigNode& node);

}  // namespace capstan::loop
