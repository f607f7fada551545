// The patch either way of a repository's manifests and their cluster, as anybody may see it: without secrets.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "drift/drift_report.h"
#include "foresee/object_documents.h"

namespace capstan::loop {

struct ManifestPatch {
  std::string cluster;          // The cluster as the manifests say, for `kubectl apply -f -`.
  std::string files;            // The files as the cluster is, for `git apply` in the repository.
  std::vector<Error> left_out;  // What of the files has to be changed by hand, with its place.
};

// `read` gives the text of a file; a diff names it from `root`. Of an object with a secret nothing is given, and
// nothing of a file that holds one: what stands around a change is part of a diff.
ManifestPatch make_manifest_patch(const drift::DriftReport& report, const foresee::ObjectDocuments& stated,
                                  const std::function<Result<std::string>(const std::string&)>& read,
                                  const std::filesystem::path& root);

Json to_json(const ManifestPatch& patch, const std::filesystem::path& root);

}  // namespace capstan::loop
