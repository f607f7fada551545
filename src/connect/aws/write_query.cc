// The query protocol, and its dialect that EC2 speaks: members as flat "Name.member.1.Key=value" pairs of a form.
#include <fmt/format.h>

#include <cctype>

#include "connect/aws/wire_request.h"

namespace capstan::aws {
namespace {

class QueryWriter {
 public:
  QueryWriter(bool ec2, std::string& form) : ec2_(ec2), form_(form) {}

  void write(const Member& member, const Json& value, const std::string& prefix) {
    switch (member.shape->type) {
      case ShapeType::kStructure: return write_structure(*member.shape, value, prefix);
      case ShapeType::kList: return write_list(member, value, prefix);
      case ShapeType::kMap: return write_map(member, value, prefix);
      default: return pair(prefix, scalar_text(member, value, TimestampFormat::kIso8601));
    }
  }

  void write_structure(const Shape& shape, const Json& value, const std::string& prefix) {
    for (const Member& member : shape.members) {
      const Json& given = value[member.name];
      if (!given.is_null()) write(member, given, prefix.empty() ? name_of(member) : prefix + "." + name_of(member));
    }
  }

  void pair(std::string_view name, std::string_view value) {
    if (!form_.empty()) form_ += '&';
    form_ += percent_encode(name) + "=" + percent_encode(value);
  }

 private:
  std::string name_of(const Member& member) const {
    if (!ec2_) return member.wire_name();
    if (!member.query_name.empty()) return member.query_name;
    std::string name = member.wire_name();
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    return name;
  }

  void write_list(const Member& list, const Json& value, std::string prefix) {
    const Member& element = list.shape->element;
    if (value.items().empty() && !ec2_) return pair(prefix, "");
    if (!ec2_ && list.flattened && !element.location_name.empty()) {
      // The element's name stands in place of the list's own.
      const size_t dot = prefix.rfind('.');
      prefix = (dot == std::string::npos ? "" : prefix.substr(0, dot + 1)) + element.location_name;
    } else if (!ec2_ && !list.flattened) {
      prefix += "." + element.wire_name();
    }
    size_t number = 0;
    for (const Json& item : value.items()) write(element, item, fmt::format("{}.{}", prefix, ++number));
  }

  void write_map(const Member& map, const Json& value, const std::string& prefix) {
    size_t number = 0;
    for (const auto& [key, item] : value.members()) {
      const std::string entry = fmt::format("{}.{}{}", prefix, map.flattened ? "" : "entry.", ++number);
      pair(entry + "." + map.shape->key.wire_name(), key);
      write(map.shape->element, item, entry + "." + map.shape->element.wire_name());
    }
  }

  const bool ec2_;
  std::string& form_;
};

}  // namespace

void write_query_body(const ServiceModel& model, const Operation& operation, const Json& input, WireRequest& request) {
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  QueryWriter writer(model.protocol == Protocol::kEc2, request.body);
  writer.pair("Action", operation.name);
  writer.pair("Version", model.api_version);
  if (operation.input.shape != nullptr) writer.write_structure(*operation.input.shape, input, "");
}

}  // namespace capstan::aws
