// The settings' `services:`: where the services are that packs describe, and whom Capstan is there.
//
//   services:
//     cloudz: { url: "https://portal.example.com", user: admin, password: "env:CLOUDZ_PASSWORD" }
#pragma once

#include <string>
#include <vector>

#include "base/config.h"

namespace capstan::loop {

struct ServiceSettings {
  std::string name;
  Json values;  // url and what else the service needs; secrets as references.
  Where at;

  bool operator==(const ServiceSettings&) const = default;
};

// Names that sound secret must refer to one: a password does not stand in a file that people share.
Result<std::vector<ServiceSettings>> read_service_settings(const ConfigNode& node);

}  // namespace capstan::loop
