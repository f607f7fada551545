// Manifest files changed so that they say what the cluster is.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "drift/drift_report.h"

namespace capstan::drift {

struct FilePatch {
  std::string diff;             // Of all files, as `git apply` takes it.
  std::vector<Error> left_out;  // What has to be changed by hand, with its place.
};

// The report's objects name their files. `read` gives the text of a file, `name` what a diff calls it.
FilePatch patch_files(const DriftReport& report, const std::function<Result<std::string>(const std::string&)>& read,
                      const std::function<std::string(const std::string&)>& name);

// Sets where each field stands in its file.
void place_fields(DriftReport& report, const std::function<Result<std::string>(const std::string&)>& read);

}  // namespace capstan::drift
