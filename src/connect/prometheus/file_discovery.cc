#include "connect/prometheus/file_discovery.h"

#include <fmt/format.h>
#include <glob.h>

#include <set>

#include "base/file.h"

namespace capstan::prometheus {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;

std::vector<std::string> expand(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return paths;
}

// JSON as the node that YAML would be, without positions below the file's.
ConfigNode to_node(const Json& json, const std::string& path) {
  ConfigNode node;
  node.where = {path, 0, 0};
  if (json.is_object()) {
    node.kind = ConfigNode::Kind::kMap;
    for (const auto& [name, value] : json.members()) {
      ConfigNode key;
      key.kind = ConfigNode::Kind::kScalar;
      key.scalar = name;
      key.where = node.where;
      node.members.push_back({std::move(key), to_node(value, path)});
    }
  } else if (json.is_array()) {
    node.kind = ConfigNode::Kind::kSequence;
    for (const Json& item : json.items()) node.items.push_back(to_node(item, path));
  } else if (!json.is_null()) {
    node.kind = ConfigNode::Kind::kScalar;
    node.quoted = json.is_string();
    node.scalar = json.is_string() ? json.string_or_empty() : json.dump();
  }
  return node;
}

Result<std::vector<TargetGroup>> read_groups_file(const std::string& path) {
  const std::string text = TRY(read_file(path, kMaxFileBytes));
  if (path.ends_with(".json")) return read_target_groups(to_node(TRY(Json::parse(text, path)), path));
  const std::vector<ConfigNode> documents = TRY(parse_yaml(text, path));
  std::vector<TargetGroup> groups;
  for (const ConfigNode& document : documents) {
    for (TargetGroup& group : TRY(read_target_groups(document))) groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

bool FileDiscovery::look_at(const std::string& path) {
  std::error_code gone;
  const auto modified = std::filesystem::last_write_time(path, gone);
  const auto size = gone ? 0 : std::filesystem::file_size(path, gone);
  if (gone) return false;  // Between listing and looking: the next look knows.
  const auto known = files_.find(path);
  if (known != files_.end() && known->second.modified == modified && known->second.size == size) return false;
  File& file = files_[path];
  file.modified = modified;
  file.size = size;
  file.problems.clear();
  Result<std::vector<TargetGroup>> groups = read_groups_file(path);
  if (!groups) {
    if (groups.error().where.file.empty()) groups.error().where.file = path;
    file.problems.push_back(std::move(groups.error()));
    return false;
  }
  for (TargetGroup& group : *groups) group.labels.emplace_back("__meta_filepath", path);
  file.groups = std::move(*groups);
  return true;
}

FileDiscovery::Look FileDiscovery::look(const std::vector<std::string>& patterns) {
  Look result;
  std::map<std::string, std::vector<std::string>> paths;
  std::set<std::string> all;
  for (const std::string& pattern : patterns) {
    std::vector<std::string>& found = paths[pattern];
    found = expand(pattern);
    all.insert(found.begin(), found.end());
  }
  result.changed = paths != paths_;
  paths_ = std::move(paths);
  std::erase_if(files_, [&](const auto& entry) { return !all.contains(entry.first); });
  for (const std::string& path : all) {
    if (look_at(path)) result.changed = true;
    if (const auto file = files_.find(path); file != files_.end()) {
      result.problems.insert(result.problems.end(), file->second.problems.begin(), file->second.problems.end());
    }
  }
  return result;
}

std::vector<TargetGroup> FileDiscovery::groups(const std::string& pattern) const {
  std::vector<TargetGroup> all;
  const auto paths = paths_.find(pattern);
  if (paths == paths_.end()) return all;
  for (const std::string& path : paths->second) {
    const auto file = files_.find(path);
    if (file != files_.end()) all.insert(all.end(), file->second.groups.begin(), file->second.groups.end());
  }
  return all;
}

}  // namespace capstan::prometheus
