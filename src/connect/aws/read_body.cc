// Bodies in the shape of an output: XML of the query, ec2 and rest-xml protocols, and JSON.
#include <strings.h>

#include "connect/aws/service_answer.h"
#include "connect/aws/timestamps.h"

namespace capstan::aws {
namespace {

// The name of a member's element: of a list without an element of its own, that of its elements.
const std::string& element_name(const Member& member) {
  if (member.shape->type == ShapeType::kList && member.flattened && !member.shape->element.location_name.empty()) {
    return member.shape->element.location_name;
  }
  return member.wire_name();
}

void put_entry(const Shape& map, const XmlElement& entry, Json::Object& into) {
  const XmlElement* value = entry.child(map.element.wire_name());
  into.insert_or_assign(std::string(entry.text_of(map.key.wire_name())),
                        value == nullptr ? Json() : read_xml_value(map.element, *value));
}

Json read_flattened(const Member& member, const XmlElement& parent) {
  Json::Array items;
  Json::Object entries;
  bool found = false;
  for (const XmlElement& child : parent.children) {
    if (child.name != element_name(member)) continue;
    found = true;
    if (member.shape->type == ShapeType::kList) {
      items.push_back(read_xml_value(member.shape->element, child));
    } else {
      put_entry(*member.shape, child, entries);
    }
  }
  if (!found) return {};
  return member.shape->type == ShapeType::kList ? Json(std::move(items)) : Json(std::move(entries));
}

// The name of an attribute without its prefix: "xsi:type" is "type" in the tree.
Json read_attribute(const Member& member, const XmlElement& element) {
  std::string_view name = member.wire_name();
  name.remove_prefix(name.find(':') + 1);
  for (const auto& [known, value] : element.attributes) {
    if (known == name) return read_scalar(member, value);
  }
  return {};
}

Json read_member(const Member& member, const XmlElement& element) {
  if (member.xml_attribute) return read_attribute(member, element);
  const bool collection = member.shape->type == ShapeType::kList || member.shape->type == ShapeType::kMap;
  if (collection && member.flattened) return read_flattened(member, element);
  const XmlElement* child = element.child(member.wire_name());
  return child == nullptr ? Json() : read_xml_value(member, *child);
}

}  // namespace

Json read_xml_structure(const Shape& shape, const XmlElement& element) {
  Json output = Json::object();
  for (const Member& member : shape.members) {
    if (member.location != Location::kBody) continue;
    Json value = read_member(member, element);
    if (!value.is_null()) output.set(member.name, std::move(value));
  }
  return output;
}

Json read_xml_value(const Member& member, const XmlElement& element) {
  switch (member.shape->type) {
    case ShapeType::kStructure: return read_xml_structure(*member.shape, element);
    case ShapeType::kList: {
      Json::Array items;
      for (const XmlElement& child : element.children) items.push_back(read_xml_value(member.shape->element, child));
      return items;
    }
    case ShapeType::kMap: {
      Json::Object entries;
      for (const XmlElement& child : element.children) put_entry(*member.shape, child, entries);
      return entries;
    }
    default: return read_scalar(member, element.text);
  }
}

Json read_json_structure(const Shape& shape, const Json& value) {
  if (shape.is_document) return value;
  Json output = Json::object();
  for (const Member& member : shape.members) {
    const Json& given = value[member.wire_name()];
    if (!given.is_null() && member.location == Location::kBody) output.set(member.name, read_json_value(member, given));
  }
  return output;
}

Json read_json_value(const Member& member, const Json& value) {
  switch (member.shape->type) {
    case ShapeType::kStructure: return read_json_structure(*member.shape, value);
    case ShapeType::kList: {
      Json::Array items;
      for (const Json& item : value.items()) items.push_back(read_json_value(member.shape->element, item));
      return items;
    }
    case ShapeType::kMap: {
      Json::Object entries;
      for (const auto& [key, item] : value.members()) {
        if (!item.is_null()) entries.emplace(key, read_json_value(member.shape->element, item));
      }
      return entries;
    }
    case ShapeType::kTimestamp: {
      const Result<Time> time = read_timestamp(value);
      return time ? Json(iso8601(*time)) : value;
    }
    default: return value;
  }
}

}  // namespace capstan::aws
