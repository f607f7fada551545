#include "foresee/node_group_files.h"

#include <algorithm>

#include "base/file.h"

namespace capstan::foresee {
namespace {

constexpr size_t kMostBytes = 1 << 20;
constexpr size_t kMostFiles = 1'000;

std::vector<std::filesystem::path> yaml_files(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  std::filesystem::recursive_directory_iterator entry(directory, none), end;
  for (; !none && entry != end; entry.increment(none)) {
    if (entry.depth() >= 1 && entry->is_directory(none)) entry.disable_recursion_pending();
    const std::string suffix = entry->path().extension().string();
    if ((suffix == ".yaml" || suffix == ".yml") && files.size() < kMostFiles) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

template <class T>
void append(Result<std::vector<T>> read, std::vector<T>& to, std::vector<Error>& problems) {
  if (read) {
    std::ranges::move(*read, std::back_inserter(to));
  } else {
    problems.push_back(read.error());
  }
}

}  // namespace

NodeGroupSettings load_node_groups(const std::vector<std::filesystem::path>& directories,
                                   std::vector<Error>& problems) {
  NodeGroupSettings settings;
  for (const std::filesystem::path& directory : directories) {
    for (const std::filesystem::path& file : yaml_files(directory)) {
      const Result<std::string> text = read_file(file, kMostBytes);
      // Most files are about something else, and who reads them says what is wrong with them.
      if (!text || text->find("node_group") == std::string::npos) continue;
      const Result<std::vector<ConfigNode>> documents = parse_yaml(*text, file.string());
      if (!documents) {
        problems.push_back(documents.error());
        continue;
      }
      for (const ConfigNode& document : *documents) {
        if (const ConfigNode* list = document.find("node_group_labels")) {
          append(read_node_group_labels(*list), settings.labels, problems);
        }
        if (const ConfigNode* list = document.find("node_groups")) {
          append(read_node_groups(*list), settings.groups, problems);
        }
      }
    }
  }
  return settings;
}

}  // namespace capstan::foresee
