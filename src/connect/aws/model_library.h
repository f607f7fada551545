// Finds the models of services by name in a list of directories, and reads each when it is first asked for.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "connect/aws/endpoint_rules.h"
#include "connect/aws/service_model.h"

namespace capstan::aws {

// Where Debian's python3-botocore keeps them.
inline constexpr std::string_view kBotocoreModels = "/usr/lib/python3/dist-packages/botocore/data";

// Thread-safe. A directory holds SERVICE/API-VERSION/service-2.json with paginators-1.json and waiters-2.json beside it
// (of several versions the newest counts), and endpoints.json. Earlier directories come before later ones.
class ModelLibrary {
 public:
  explicit ModelLibrary(std::vector<std::filesystem::path> directories) : directories_(std::move(directories)) {}

  // kNotFound names the directories; a broken model is read anew each time, so that it can be mended while we run.
  Result<std::shared_ptr<const ServiceModel>> service(std::string_view name);
  Result<std::shared_ptr<const EndpointRules>> endpoints();
  // The names of all services that there are models for, sorted.
  std::vector<std::string> services() const;

 private:
  Result<std::filesystem::path> find(std::string_view name) const;

  const std::vector<std::filesystem::path> directories_;
  std::mutex mutex_;  // Held while a model is read: others probably want the same.
  std::map<std::string, std::shared_ptr<const ServiceModel>, std::less<>> services_;
  std::shared_ptr<const EndpointRules> endpoints_;
};

}  // namespace capstan::aws
