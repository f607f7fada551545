// The bodies of the REST and JSON protocols.
#include <fmt/format.h>

#include "connect/aws/timestamps.h"
#include "connect/aws/wire_request.h"

namespace capstan::aws {
namespace {

std::string escape_xml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\r': escaped += "&#xD;"; break;
      case '\n': escaped += "&#xA;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

class XmlWriter {
 public:
  void write(const Member& member, const Json& value, const std::string& name) {
    switch (member.shape->type) {
      case ShapeType::kStructure: return write_structure(member, value, name, member.xml_namespace);
      case ShapeType::kList: return write_list(member, value, name);
      case ShapeType::kMap: return write_map(member, value, name);
      default: {
        const std::string text = scalar_text(member, value, TimestampFormat::kIso8601);
        text_ += fmt::format("<{}{}>{}</{}>", name, declare(member.xml_namespace), escape_xml(text), name);
      }
    }
  }

  void write_structure(const Member& use, const Json& value, const std::string& name, const XmlNamespace& space) {
    text_ += "<" + name + declare(space);
    for (const Member& member : use.shape->members) {
      if (!member.xml_attribute || value[member.name].is_null()) continue;
      const std::string text = scalar_text(member, value[member.name], TimestampFormat::kIso8601);
      text_ += fmt::format(" {}=\"{}\"", member.wire_name(), escape_xml(text));
    }
    text_ += ">";
    for (const Member& member : use.shape->members) {
      const Json& given = value[member.name];
      if (!given.is_null() && !member.xml_attribute && member.location == Location::kBody) {
        write(member, given, member.wire_name());
      }
    }
    text_ += "</" + name + ">";
  }

  std::string take() { return std::move(text_); }

 private:
  static std::string declare(const XmlNamespace& space) {
    if (space.uri.empty()) return {};
    return fmt::format(" xmlns{}{}=\"{}\"", space.prefix.empty() ? "" : ":", space.prefix, escape_xml(space.uri));
  }

  void write_list(const Member& list, const Json& value, const std::string& name) {
    const Member& element = list.shape->element;
    if (!list.flattened) text_ += "<" + name + declare(list.xml_namespace) + ">";
    for (const Json& item : value.items()) write(element, item, list.flattened ? name : element.wire_name());
    if (!list.flattened) text_ += "</" + name + ">";
  }

  void write_map(const Member& map, const Json& value, const std::string& name) {
    const std::string entry = map.flattened ? name : "entry";
    if (!map.flattened) text_ += "<" + name + ">";
    for (const auto& [key, item] : value.members()) {
      text_ += "<" + entry + ">";
      write(map.shape->key, Json(key), map.shape->key.wire_name());
      write(map.shape->element, item, map.shape->element.wire_name());
      text_ += "</" + entry + ">";
    }
    if (!map.flattened) text_ += "</" + name + ">";
  }

  std::string text_;
};

Json json_value(const Member& member, const Json& value) {
  switch (member.shape->type) {
    case ShapeType::kStructure: return write_json_body(*member.shape, value);
    case ShapeType::kList: {
      Json::Array items;
      for (const Json& item : value.items()) items.push_back(json_value(member.shape->element, item));
      return items;
    }
    case ShapeType::kMap: {
      Json::Object members;
      for (const auto& [key, item] : value.members()) members.emplace(key, json_value(member.shape->element, item));
      return members;
    }
    case ShapeType::kTimestamp: {
      const Result<Time> time = read_timestamp(value);
      const bool of_protocol = member.timestamp_format == TimestampFormat::kOfProtocol;
      return time ? write_timestamp(*time, of_protocol ? TimestampFormat::kUnix : member.timestamp_format) : Json();
    }
    default: return value;
  }
}

}  // namespace

std::string write_xml_body(const Member& root, const Json& value, const XmlNamespace& name_space) {
  XmlWriter writer;
  if (root.shape->type == ShapeType::kStructure) {
    writer.write_structure(root, value, root.wire_name(), name_space);
  } else {
    writer.write(root, value, root.wire_name());
  }
  return writer.take();
}

Json write_json_body(const Shape& shape, const Json& value) {
  if (shape.is_document) return value;
  Json body = Json::object();
  for (const Member& member : shape.members) {
    const Json& given = value[member.name];
    if (!given.is_null() && member.location == Location::kBody) body.set(member.wire_name(), json_value(member, given));
  }
  return body;
}

}  // namespace capstan::aws
