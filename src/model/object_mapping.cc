#include "model/object_mapping.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fit.h"
#include "model/quantity.h"

namespace capstan {
namespace {

Json quantity_of(const Json& value) {
  if (value.is_number()) return value;
  const std::optional<double> number = parse_quantity(value.string_or_empty());
  return number ? Json(*number) : Json();
}

void mask(Json& value) {
  if (value.is_object()) {
    for (auto& [name, member] : value.mutable_members()) member = "***";
  } else if (!value.is_null()) {
    value = "***";
  }
}

// What is null in an object is as if it were not there; so equal objects are equal whoever wrote them.
void drop_nulls(Json& value) {
  if (value.is_object()) {
    std::erase_if(value.mutable_members(), [](const auto& member) { return member.second.is_null(); });
    for (auto& [name, member] : value.mutable_members()) drop_nulls(member);
  } else if (value.is_array()) {
    for (Json& item : value.mutable_items()) drop_nulls(item);
  }
}

// The smallest value that is at least `excess` bytes long; else the largest.
Json* largest_within(Json& value, size_t excess) {
  Json* largest = nullptr;
  size_t most = 0;
  const auto weigh = [&](Json& child) {
    const size_t size = child.dump().size();
    if (size > most && !child.contains(kOmitted)) {
      most = size;
      largest = &child;
    }
  };
  if (value.is_object()) {
    for (auto& [name, member] : value.mutable_members()) weigh(member);
  } else if (value.is_array()) {
    for (Json& item : value.mutable_items()) weigh(item);
  }
  if (largest == nullptr || most < excess) return largest;
  Json* deeper = largest_within(*largest, excess);
  return deeper != nullptr && deeper->dump().size() >= excess ? deeper : largest;
}

bool is_lower(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

}  // namespace

Json column_value(const KindSpec::Column& column, const Json& fields) {
  Json value = column.from.empty() ? fields[column.name] : column.from.read(fields);
  switch (column.measure) {
    case Measure::kPlain: break;
    case Measure::kQuantity: return quantity_of(value);
    case Measure::kCount: return static_cast<int64_t>(value.items().size() + value.members().size());
    case Measure::kKeys: {
      Json keys = Json::array();
      for (const auto& [name, member] : value.members()) keys.push_back(name);
      return keys;
    }
  }
  return value;
}

Json fit_object(Json object, size_t most_bytes) {
  object = fit_texts(std::move(object), most_bytes);
  for (size_t size = object.dump().size(); size > most_bytes; size = object.dump().size()) {
    Json* part = largest_within(object, size - most_bytes);
    if (part == nullptr) break;
    const auto bytes = static_cast<int64_t>(part->dump().size());
    *part = Json::object({{std::string(kOmitted), bytes}});
    if (object.dump().size() >= size) break;  // Only crumbs are left.
  }
  return object;
}

bool is_called(const KindSpec& kind, std::string_view name) {
  if (kind.name == name) return true;
  if (!kind.objects) return false;
  const ObjectSpec& objects = *kind.objects;
  return is_lower(objects.type, name) || objects.resource == name ||
         std::ranges::find(objects.short_names, name) != objects.short_names.end();
}

ObjectMapping::ObjectMapping(const std::vector<KindSpec>& kinds, std::string_view system) {
  for (const KindSpec& kind : kinds) {
    if (!kind.objects || kind.objects->system != system) continue;
    by_type_.emplace(Key(kind.objects->group, kind.objects->type), kinds_.size());
    by_resource_.emplace(Key(kind.objects->group, kind.objects->resource), kinds_.size());
    kinds_.push_back(kind);
  }
}

const KindSpec* ObjectMapping::find(const std::map<Key, size_t>& index, std::string_view group,
                                    std::string_view name) const {
  auto found = index.find(Key(group, name));
  if (found == index.end()) found = index.find(Key("*", "*"));
  return found == index.end() ? nullptr : &kinds_[found->second];
}

const KindSpec* ObjectMapping::by_type(std::string_view group, std::string_view type) const {
  return find(by_type_, group, type);
}

const KindSpec* ObjectMapping::by_resource(std::string_view group, std::string_view resource) const {
  return find(by_resource_, group, resource);
}

Result<Resource> ObjectMapping::to_resource(const KindSpec& kind, Json object, const Json& given) {
  const ObjectSpec& spec = *kind.objects;
  if (!object.is_object()) return fail(ErrorCode::kInvalidArgument, "an object of a counterpart must be a map");
  drop_nulls(object);
  Resource resource{.id = kind.name, .kind = kind.name, .name = "", .labels = {}, .fields = {}};
  resource.name = spec.name.read(object).string_or_empty();
  if (resource.name.empty()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a {} without {}", spec.type, spec.name.text()));
  }
  const Json labels = spec.labels.read(object);
  for (const auto& [name, value] : labels.members()) {
    resource.labels.emplace(name, value.is_string() ? value.string_or_empty() : value.dump());
  }
  for (const JsonPath& path : spec.drop) path.remove(object);
  if (!spec.labels.empty()) spec.labels.remove(object);
  for (const JsonPath& path : spec.mask) {
    for (Json* secret : path.find(object)) mask(*secret);
  }
  resource.fields = fit_object(std::move(object));
  for (const auto& [name, value] : given.members()) resource.fields.set(name, value);
  for (const std::string& part : spec.identity) {
    const auto column = std::ranges::find(kind.columns, part, &KindSpec::Column::name);
    const Json value = column == kind.columns.end() ? Json() : column_value(*column, resource.fields);
    const std::string& text = part == "name" ? resource.name : value.string_or_empty();
    if (!text.empty()) resource.id += "/" + text;
  }
  return resource;
}

Json ObjectMapping::to_object(const KindSpec& kind, Resource resource) {
  Json object = std::move(resource.fields);
  if (!kind.objects) return object;
  for (const KindSpec::Column& column : kind.columns) {
    const bool was_given =
        column.from.empty() && std::ranges::find(kind.objects->identity, column.name) != kind.objects->identity.end();
    if (was_given) object.mutable_members().erase(column.name);
  }
  if (!resource.labels.empty()) kind.objects->labels.write(object, to_json(resource.labels));
  return object;
}

}  // namespace capstan
