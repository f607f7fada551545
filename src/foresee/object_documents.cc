#include "foresee/object_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/config.h"
#include "base/file.h"
#include "foresee/object_diff.h"
#include "foresee/object_edit.h"

namespace capstan::foresee {
namespace {

constexpr size_t kMostBytes = 64 << 20;  // Of one file.
constexpr size_t kMostFiles = 100'000;
constexpr std::string_view kSuffixes[] = {".yaml", ".yml", ".json"};

Status check_object(const Json& object, const Where& where) {
  if (object[kOnMember].is_string() && object[kJsonPatchMember].is_array()) return {};
  if (!object.is_object()) {
    return fail(ErrorCode::kInvalidArgument, "an object must be a map with apiVersion, kind and metadata", where);
  }
  for (std::string_view key : {"apiVersion", "kind"}) {
    if (!object[key].is_string()) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("an object needs '{}'", key), where);
    }
  }
  return {};
}

void take(Json object, const Where& where, const std::shared_ptr<const ConfigNode>& source, ObjectDocuments& read) {
  const std::string& kind = object["kind"].string_or_empty();
  if (kind == "Kustomization" && object["apiVersion"].string_or_empty().starts_with("kustomize.config.k8s.io/")) {
    const std::string directory = std::filesystem::path(where.file).parent_path().string();
    read.problems.push_back({ErrorCode::kUnimplemented,
                             fmt::format("a kustomization is built first: kubectl kustomize {} | capstan check -f -",
                                         directory.empty() ? "." : directory),
                             where});
    return;
  }
  if (kind.ends_with("List") && object["items"].is_array()) {
    const ConfigNode* items = source ? source->find("items") : nullptr;
    size_t number = 0;
    for (const Json& item : object["items"].items()) {
      const ConfigNode* own = items != nullptr && number < items->items.size() ? &items->items[number] : nullptr;
      ++number;
      if (own == nullptr) {
        take(item, where, nullptr, read);
      } else {
        take(item, own->where, std::shared_ptr<const ConfigNode>(source, own), read);
      }
    }
    return;
  }
  if (Status good = check_object(object, where); !good) {
    read.problems.push_back(good.error());
  } else {
    read.documents.push_back({std::move(object), where, source});
  }
}

void append(ObjectDocuments more, ObjectDocuments& all) {
  std::ranges::move(more.documents, std::back_inserter(all.documents));
  std::ranges::move(more.problems, std::back_inserter(all.problems));
}

ObjectDocuments read_file_of_objects(const std::filesystem::path& path) {
  const Result<std::string> text = read_file(path, kMostBytes);
  if (text) return read_objects(*text, path.string());
  Error error = text.error();
  if (error.where.file.empty()) error.where.file = path.string();
  return {.documents = {}, .problems = {std::move(error)}};
}

}  // namespace

ObjectDocuments read_objects(std::string_view text, std::string_view file) {
  if (is_diff(text)) return read_diff(text, file);
  ObjectDocuments read;
  // JSON is YAML, too, but a list of all pods is read a hundred times faster as what it is.
  if (text.starts_with('{')) {
    if (Result<Json> object = Json::parse(text, file)) {
      take(*std::move(object), {std::string(file), 1, 1}, nullptr, read);
      return read;
    }
  }
  Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
  if (!documents) {
    read.problems.push_back(documents.error());
    return read;
  }
  for (ConfigNode& document : *documents) {
    if (document.is_null()) continue;
    const auto source = std::make_shared<const ConfigNode>(std::move(document));
    take(source->to_json(), source->where, source, read);
  }
  return read;
}

Where where_of(const ObjectDocument& document, std::string_view place) {
  Where found = document.where;
  const ConfigNode* at = document.source.get();
  while (at != nullptr && !place.empty()) {
    const ConfigNode* next = nullptr;
    if (place.starts_with('.')) place.remove_prefix(1);
    const size_t end = place.starts_with("[\"") ? place.find("\"]") + 2
                       : place.starts_with('[') ? place.find(']') + 1
                                                : std::min(place.find_first_of(".["), place.size());
    std::string_view step = place.substr(0, end);
    place.remove_prefix(std::min(std::max<size_t>(end, 1), place.size()));
    size_t index = 0;
    if (step.starts_with("[\"")) {
      step = step.substr(2, step.size() - 4);
    } else if (step.starts_with('[')) {
      std::from_chars(step.data() + 1, step.data() + step.size(), index);
      if (index >= at->items.size()) return found;
      next = &at->items[index];
      found = next->where;
    }
    for (const ConfigMember& member : at->members) {
      if (next != nullptr || member.key.scalar != step) continue;
      next = &member.value;
      found = member.key.where;
    }
    at = next;
  }
  return found;
}

ObjectDocuments read_objects(const std::filesystem::path& path) {
  std::error_code none;
  if (!std::filesystem::is_directory(path, none)) return read_file_of_objects(path == "-" ? "/dev/stdin" : path);
  std::vector<std::filesystem::path> files;
  for (std::filesystem::recursive_directory_iterator entry(path, none), end; !none && entry != end;
       entry.increment(none)) {
    const std::string suffix = entry->path().extension().string();
    if (std::ranges::find(kSuffixes, suffix) != std::end(kSuffixes) && files.size() < kMostFiles) {
      files.push_back(entry->path());
    }
  }
  ObjectDocuments all;
  if (none) {
    all.problems.push_back(
        {errno_code(none.value()), fmt::format("cannot read all of it: {}", none.message()), {path.string(), 0, 0}});
  }
  std::ranges::sort(files);
  for (const std::filesystem::path& file : files) append(read_file_of_objects(file), all);
  return all;
}

}  // namespace capstan::foresee
