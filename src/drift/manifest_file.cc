#include "drift/manifest_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/config.h"
#include "drift/text_edit.h"

namespace capstan::drift {
namespace {

struct Step {
  const ConfigNode* parent = nullptr;
  size_t index = 0;
};

const ConfigNode& node_at(const Step& step) {
  return step.parent->is_map() ? step.parent->members[step.index].value : step.parent->items[step.index];
}

std::string text_at(const ConfigNode& object, std::string_view key) {
  const ConfigNode* node = object.find(key);
  return node != nullptr && node->is_scalar() ? node->scalar : "";
}

bool is_object(const ConfigNode& node, const ObjectInFile& wanted) {
  if (!node.is_map() || text_at(node, "kind") != wanted.kind || text_at(node, "apiVersion") != wanted.api_version) {
    return false;
  }
  const ConfigNode* metadata = node.find("metadata");
  if (metadata == nullptr || text_at(*metadata, "name") != wanted.name) return false;
  const std::string space = text_at(*metadata, "namespace");
  return space.empty() || wanted.name_space.empty() || space == wanted.name_space;
}

// How to get to the object: a document, and where that is a list an item of it.
struct Found {
  size_t document = 0;
  std::vector<Step> steps;
  const ConfigNode* node = nullptr;
};

std::optional<Found> find_object(const std::vector<ConfigNode>& documents, const ObjectInFile& wanted) {
  for (size_t i = 0; i < documents.size(); ++i) {
    if (is_object(documents[i], wanted)) return Found{i, {}, &documents[i]};
    const ConfigNode* items = documents[i].find("items");
    if (items == nullptr) continue;
    for (size_t j = 0; j < items->items.size(); ++j) {
      if (!is_object(items->items[j], wanted)) continue;
      const auto member =
          std::ranges::find_if(documents[i].members, [&](const ConfigMember& one) { return &one.value == items; });
      const size_t at = member - documents[i].members.begin();
      return Found{i, {{&documents[i], at}, {items, j}}, &items->items[j]};
    }
  }
  return std::nullopt;
}

std::optional<size_t> index_of(const ConfigNode& node, const FieldStep& step) {
  if (const std::string* name = std::get_if<std::string>(&step)) {
    const auto member =
        std::ranges::find_if(node.members, [&](const ConfigMember& one) { return one.key.scalar == *name; });
    return member == node.members.end() ? std::nullopt : std::optional<size_t>(member - node.members.begin());
  }
  if (const size_t* index = std::get_if<size_t>(&step)) {
    return *index < node.items.size() ? std::optional(*index) : std::nullopt;
  }
  const auto item = std::ranges::find_if(node.items, [&](const ConfigNode& one) {
    const Json value = one.to_json();
    const ItemKey* key = std::get_if<ItemKey>(&step);
    return key != nullptr ? has_key(value, key->fields) : value == std::get<ItemValue>(step).value;
  });
  return item == node.items.end() ? std::nullopt : std::optional<size_t>(item - node.items.begin());
}

// The steps to a field; fewer than the path has where the file does not have it.
std::vector<Step> steps_to(const ConfigNode& object, const FieldPath& path) {
  std::vector<Step> steps;
  const ConfigNode* at = &object;
  for (const FieldStep& step : path) {
    const std::optional<size_t> index = index_of(*at, step);
    if (!index) break;
    steps.push_back({at, *index});
    at = &node_at(steps.back());
  }
  return steps;
}

Json all_of(const std::vector<ConfigNode>& documents) {
  Json all = Json::array();
  for (const ConfigNode& document : documents) all.push_back(document.to_json());
  return all;
}

FieldPath path_in(const Found& found, const FieldPath& path) {
  FieldPath whole = {found.document};
  for (const Step& step : found.steps) {
    if (step.parent->is_map()) {
      whole.push_back(step.parent->members[step.index].key.scalar);
    } else {
      whole.push_back(step.index);
    }
  }
  whole.insert(whole.end(), path.begin(), path.end());
  return whole;
}

// What was changed must be all that was changed.
Result<std::string> verified(std::string changed, std::string_view file, const Json& wanted, const Where& where) {
  const Result<std::vector<ConfigNode>> read = parse_yaml(changed, file);
  if (read && all_of(*read) == wanted) return changed;
  return fail(ErrorCode::kFailedPrecondition, "this is written such that it cannot be changed alone: do it by hand",
              where);
}

std::unexpected<Error> not_there(std::string_view file, const ObjectInFile& object) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no {} {} in it", object.kind, object.name),
              {std::string(file), 0, 0});
}

// The text with what the last step names taken away. An only member leaves an empty map, an only item an empty list.
std::string without(const TextEdit& edit, const std::vector<Step>& steps, Json& all, const FieldPath& path) {
  const Step& last = steps.back();
  const bool is_only = (last.parent->is_map() ? last.parent->members.size() : last.parent->items.size()) == 1;
  if (!is_only || steps.size() < 2) {
    put(all, path, {});
    return edit.removed(*last.parent, last.index);
  }
  const Step& holder = steps[steps.size() - 2];
  const Json nothing = last.parent->is_map() ? Json::object() : Json::array();
  put(all, FieldPath(path.begin(), path.end() - 1), nothing);
  return edit.replaced(*holder.parent, holder.index, nothing);
}

// The lines of the documents, by what separates them.
struct Lines {
  int first = 1;
  int last = 1;
};

Lines lines_around(std::string_view text, int line) {
  Lines lines;
  int number = 1;
  for (size_t at = 0; at <= text.size(); ++number) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view content = text.substr(at, end - at);
    const bool is_separator = content == "---" || content.starts_with("--- ") || content.starts_with("---\r");
    if (is_separator && number <= line) lines.first = number;
    if (is_separator && number > line) break;
    lines.last = number;
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::optional<Where> place_of(std::string_view text, std::string_view file, const ObjectInFile& object,
                              const FieldPath& path) {
  const Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
  const std::optional<Found> found = documents ? find_object(*documents, object) : std::nullopt;
  if (!found) return std::nullopt;
  const std::vector<Step> steps = steps_to(*found->node, path);
  if (steps.empty()) return found->node->where;
  const Step& last = steps.back();
  return last.parent->is_map() ? last.parent->members[last.index].key.where : node_at(last).where;
}

Result<std::string> with_field(std::string_view text, std::string_view file, const ObjectInFile& object,
                               const FieldPath& path, const Json& value) {
  const std::vector<ConfigNode> documents = TRY(parse_yaml(text, file));
  const std::optional<Found> found = find_object(documents, object);
  if (!found) return not_there(file, object);
  const std::vector<Step> steps = steps_to(*found->node, path);
  if (path.empty() || steps.size() < path.size()) {
    return fail(ErrorCode::kNotFound, fmt::format("it does not have {}", to_string(path)), found->node->where);
  }
  const TextEdit edit(text);
  Json all = all_of(documents);
  const FieldPath whole = path_in(*found, path);
  std::string changed;
  if (value.is_null()) {
    changed = without(edit, steps, all, whole);
  } else {
    put(all, whole, value);
    changed = edit.replaced(*steps.back().parent, steps.back().index, value);
  }
  return verified(std::move(changed), file, all, node_at(steps.back()).where);
}

Result<std::string> without_object(std::string_view text, std::string_view file, const ObjectInFile& object) {
  const std::vector<ConfigNode> documents = TRY(parse_yaml(text, file));
  const std::optional<Found> found = find_object(documents, object);
  if (!found) return not_there(file, object);
  Json all = all_of(documents);
  const TextEdit edit(text);
  if (!found->steps.empty()) {
    std::string changed = without(edit, found->steps, all, path_in(*found, {}));
    return verified(std::move(changed), file, all, found->node->where);
  }
  if (documents.size() == 1) return "";
  put(all, {found->document}, {});
  const Lines lines = lines_around(text, found->node->where.line);
  std::string changed = edit.without_lines(lines.first, lines.last);
  // The first document may have had no "---" before it; the next one needs none.
  if (lines.first == 1 && changed.starts_with("---\n")) changed.erase(0, 4);
  return verified(std::move(changed), file, all, found->node->where);
}

}  // namespace capstan::drift
