#include "drift/field_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "base/json_path.h"

namespace capstan::drift {
namespace {

constexpr size_t kLongestPath = 200;
const Json kNothing;

std::string plain(const Json& value) { return value.is_string() ? value.string_or_empty() : value.dump(); }

// The index of the item that a step names; nothing for a step that names none.
std::optional<size_t> index_of(const Json& list, const FieldStep& step) {
  const Json::Array& items = list.items();
  auto found = items.end();
  if (const size_t* index = std::get_if<size_t>(&step)) {
    return *index < items.size() ? std::optional(*index) : std::nullopt;
  }
  if (const ItemKey* key = std::get_if<ItemKey>(&step)) {
    found = std::ranges::find_if(items, [&](const Json& item) { return has_key(item, key->fields); });
  } else if (const ItemValue* value = std::get_if<ItemValue>(&step)) {
    found = std::ranges::find(items, value->value);
  }
  return found == items.end() ? std::nullopt : std::optional<size_t>(found - items.begin());
}

Json* child(Json& value, const FieldStep& step) {
  if (const std::string* name = std::get_if<std::string>(&step)) {
    if (!value.contains(*name)) return nullptr;
    return &value.mutable_members().find(*name)->second;
  }
  const std::optional<size_t> index = index_of(value, step);
  return index ? &value.mutable_items()[*index] : nullptr;
}

bool put_last(Json& parent, const FieldStep& step, const Json& value) {
  if (const std::string* name = std::get_if<std::string>(&step)) {
    if (!parent.is_object()) return false;
    if (value.is_null()) return parent.mutable_members().erase(*name) > 0;
    parent.set(*name, value);
    return true;
  }
  const std::optional<size_t> index = index_of(parent, step);
  if (!index) return false;
  Json::Array& items = parent.mutable_items();
  if (value.is_null()) {
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(*index));
  } else {
    items[*index] = value;
  }
  return true;
}

Result<FieldStep> step_from_json(const Json& json) {
  if (json.is_string()) return FieldStep(json.string_or_empty());
  if (json.is_int() && json.int_or(-1) >= 0) return FieldStep(static_cast<size_t>(json.int_or(0)));
  if (json["key"].is_object()) return FieldStep(ItemKey{json["key"]});
  if (json.contains("value")) return FieldStep(ItemValue{json["value"]});
  return fail(ErrorCode::kInvalidArgument, "a step of a path must be a name, an index, a key or a value");
}

}  // namespace

std::string to_string(const FieldPath& path) {
  std::string text;
  for (const FieldStep& step : path) {
    if (const std::string* name = std::get_if<std::string>(&step)) {
      text += path_step(*name, text.empty());
    } else if (const size_t* index = std::get_if<size_t>(&step)) {
      text += fmt::format("[{}]", *index);
    } else if (const ItemValue* value = std::get_if<ItemValue>(&step)) {
      text += fmt::format("[={}]", plain(value->value));
    } else {
      std::vector<std::string> keys;
      for (const auto& [key, one] : std::get<ItemKey>(step).fields.members()) keys.push_back(key + "=" + plain(one));
      text += fmt::format("[{}]", fmt::join(keys, ","));
    }
  }
  return text;
}

Json to_json(const FieldPath& path) {
  Json steps = Json::array();
  for (const FieldStep& step : path) {
    if (const std::string* name = std::get_if<std::string>(&step)) {
      steps.push_back(*name);
    } else if (const size_t* index = std::get_if<size_t>(&step)) {
      steps.push_back(uint64_t{*index});
    } else if (const ItemValue* value = std::get_if<ItemValue>(&step)) {
      steps.push_back(Json::object({{"value", value->value}}));
    } else {
      steps.push_back(Json::object({{"key", std::get<ItemKey>(step).fields}}));
    }
  }
  return steps;
}

Result<FieldPath> field_path_from_json(const Json& json) {
  FieldPath path;
  if (json.items().size() > kLongestPath) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("a path has at most {} steps", kLongestPath));
  }
  for (const Json& step : json.items()) path.push_back(TRY(step_from_json(step)));
  return path;
}

bool has_key(const Json& item, const Json& fields) {
  if (!item.is_object()) return false;
  return std::ranges::all_of(fields.members(), [&](const auto& field) {
    const auto& [name, wanted] = field;
    const Json& value = item[name];
    if (value.is_null() && name == "protocol") return wanted == Json("TCP");
    return value == wanted;
  });
}

const Json& find(const Json& object, const FieldPath& path) {
  const Json* at = &object;
  for (const FieldStep& step : path) {
    if (const std::string* name = std::get_if<std::string>(&step)) {
      at = &(*at)[*name];
    } else {
      const std::optional<size_t> index = index_of(*at, step);
      if (!index) return kNothing;
      at = &at->items()[*index];
    }
  }
  return *at;
}

bool put(Json& object, const FieldPath& path, const Json& value) {
  if (path.empty()) return false;
  Json* at = &object;
  for (const FieldStep& step : std::span(path).first(path.size() - 1)) {
    at = child(*at, step);
    if (at == nullptr) return false;
  }
  return put_last(*at, path.back(), value);
}

}  // namespace capstan::drift
