#include "loop/manifest_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/yaml_text.h"
#include "drift/file_patch.h"
#include "loop/drift_finder.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostBytes = 256 << 10;  // Of each way.

std::string name_from(const std::filesystem::path& root, const std::string& file) {
  return std::filesystem::path(file).lexically_relative(root).string();
}

bool has_secret(const Json& manifest) { return without_secrets(manifest) != manifest; }

// A file that could not be read whole may hold one, too.
std::set<std::string> files_with_secrets(const foresee::ObjectDocuments& stated) {
  std::set<std::string> files;
  for (const Error& problem : stated.problems) files.insert(problem.where.file);
  for (const foresee::ObjectDocument& one : stated.documents) {
    if (has_secret(one.object)) files.insert(one.where.file);
  }
  return files;
}

std::string for_cluster(const drift::ObjectDrift& object, const foresee::ObjectDocuments& stated) {
  if (object.state == drift::ObjectState::kExtra) {
    return fmt::format("# {} is in no manifest: kubectl delete, if it should go\n", object.id);
  }
  if (object.document >= stated.documents.size()) return "";
  Json manifest = stated.documents[object.document].object;
  if (has_secret(manifest)) return fmt::format("# {}: apply its file itself, as it holds a secret\n", object.id);
  if (!object.name_space.empty()) {
    Json metadata = manifest["metadata"];
    metadata.set("namespace", object.name_space);
    manifest.set("metadata", std::move(metadata));
  }
  return fmt::format("---\n{}\n", yaml_block(manifest, 0));
}

void limit(std::string& text, std::string_view of, std::vector<Error>& left_out) {
  if (text.size() <= kMostBytes) return;
  text.clear();
  left_out.push_back({ErrorCode::kResourceExhausted,
                      fmt::format("the patch for the {} is larger than {} KiB: capstan drift makes it of a checkout",
                                  of, kMostBytes >> 10),
                      {}});
}

}  // namespace

ManifestPatch make_manifest_patch(const drift::DriftReport& report, const foresee::ObjectDocuments& stated,
                                  const std::function<Result<std::string>(const std::string&)>& read,
                                  const std::filesystem::path& root) {
  ManifestPatch patch;
  const std::set<std::string> closed = files_with_secrets(stated);
  std::set<std::string> told;
  drift::DriftReport open;
  for (const drift::ObjectDrift& object : report.drifts) {
    if (!object.counts()) continue;
    patch.cluster += for_cluster(object, stated);
    if (!closed.contains(object.where.file)) {
      open.drifts.push_back(object);
    } else if (told.insert(object.where.file).second) {
      patch.left_out.push_back({ErrorCode::kFailedPrecondition,
                                "the file may hold a secret: capstan drift makes its patch of a checkout",
                                {object.where.file, 0, 0}});
    }
  }
  drift::FilePatch files =
      drift::patch_files(open, read, [&](const std::string& file) { return name_from(root, file); });
  patch.files = std::move(files.diff);
  std::ranges::move(files.left_out, std::back_inserter(patch.left_out));
  limit(patch.cluster, "cluster", patch.left_out);
  limit(patch.files, "files", patch.left_out);
  return patch;
}

Json to_json(const ManifestPatch& patch, const std::filesystem::path& root) {
  Json left_out = Json::array();
  for (const Error& error : patch.left_out) {
    const Where& where = error.where;
    left_out.push_back(Json::object({{"message", error.message},
                                     {"where", where.file.empty() ? Json()
                                                                  : Json::object({{"file", name_from(root, where.file)},
                                                                                  {"line", where.line},
                                                                                  {"column", where.column}})}}));
  }
  return Json::object({{"cluster", patch.cluster}, {"files", patch.files}, {"left_out", std::move(left_out)}});
}

}  // namespace capstan::loop
