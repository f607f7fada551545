#include "connect/aws/model_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/suggest.h"

namespace capstan::aws {
namespace {

namespace fs = std::filesystem;

Result<ModelDocument> read_document(const fs::path& path) {
  const std::string text = TRY(read_file(path));
  return ModelDocument{path.string(), TRY(Json::parse(text, path.string()))};
}

Result<std::optional<ModelDocument>> read_if_there(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return std::nullopt;
  return TRY(read_document(path));
}

// The versions are dates, so the newest comes last.
fs::path newest_version(const fs::path& service) {
  fs::path newest;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(service, error)) {
    if (fs::exists(entry.path() / "service-2.json", error) && entry.path() > newest) newest = entry.path();
  }
  return newest;
}

bool is_service_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace

Result<fs::path> ModelLibrary::find(std::string_view name) const {
  if (is_service_name(name)) {
    for (const fs::path& directory : directories_) {
      if (fs::path found = newest_version(directory / name); !found.empty()) return found;
    }
  }
  const std::vector<std::string> known = services();
  const std::vector<std::string_view> names(known.begin(), known.end());
  std::string searched;
  for (const fs::path& directory : directories_) searched += (searched.empty() ? "" : ", ") + directory.string();
  return fail(ErrorCode::kNotFound, fmt::format("there is no model of an AWS service '{}' in {}{}", name, searched,
                                                did_you_mean(name, names)));
}

Result<std::shared_ptr<const ServiceModel>> ModelLibrary::service(std::string_view name) {
  std::lock_guard lock(mutex_);
  if (const auto known = services_.find(name); known != services_.end()) return known->second;
  const fs::path directory = TRY(find(name));
  const ModelDocuments documents{.service = TRY(read_document(directory / "service-2.json")),
                                 .paginators = TRY(read_if_there(directory / "paginators-1.json")),
                                 .waiters = TRY(read_if_there(directory / "waiters-2.json"))};
  std::shared_ptr<const ServiceModel> model = TRY(read_service_model(name, documents));
  services_.emplace(name, model);
  return model;
}

Result<std::shared_ptr<const EndpointRules>> ModelLibrary::endpoints() {
  std::lock_guard lock(mutex_);
  if (endpoints_) return endpoints_;
  for (const fs::path& directory : directories_) {
    const auto document = TRY(read_if_there(directory / "endpoints.json"));
    if (!document) continue;
    endpoints_ = TRY(EndpointRules::read(document->json, document->file));
    return endpoints_;
  }
  return fail(ErrorCode::kNotFound, "there is no endpoints.json in the directories of the AWS models");
}

std::vector<std::string> ModelLibrary::services() const {
  std::set<std::string> names;
  std::error_code error;
  for (const fs::path& directory : directories_) {
    for (const auto& entry : fs::directory_iterator(directory, error)) {
      if (entry.is_directory(error) && !newest_version(entry.path()).empty()) {
        names.insert(entry.path().filename().string());
      }
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace capstan::aws
