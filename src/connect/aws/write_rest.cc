// The REST protocols: a member travels in the path, the query, a header or the body, as the model says.
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "base/crypto.h"
#include "connect/aws/timestamps.h"
#include "connect/aws/wire_request.h"

namespace capstan::aws {
namespace {

// The label of a path that takes whole paths keeps its slashes.
std::string encode_label(std::string_view value, bool greedy) {
  if (!greedy) return percent_encode(value);
  std::string encoded;
  while (true) {
    const size_t slash = value.find('/');
    encoded += percent_encode(value.substr(0, slash));
    if (slash == std::string_view::npos) return encoded;
    encoded += '/';
    value.remove_prefix(slash + 1);
  }
}

const Member* find_label(const Shape& shape, std::string_view label) {
  for (const Member& member : shape.members) {
    if (member.location == Location::kUri && member.wire_name() == label) return &member;
  }
  return nullptr;
}

Result<std::string> expand_path(std::string_view pattern, const Operation& operation, const Json& input) {
  std::string path;
  while (true) {
    const size_t open = pattern.find('{');
    path += pattern.substr(0, open);
    if (open == std::string_view::npos) return path;
    const size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) return fail(ErrorCode::kCorrupt, "the path of the operation has no '}'");
    std::string_view label = pattern.substr(open + 1, close - open - 1);
    const bool greedy = label.ends_with('+');
    if (greedy) label.remove_suffix(1);
    const Member* member = operation.input.shape ? find_label(*operation.input.shape, label) : nullptr;
    const std::string value =
        member ? scalar_text(*member, input[member->name], TimestampFormat::kIso8601) : std::string();
    if (value.empty()) return fail(ErrorCode::kInvalidArgument, fmt::format("input.{}: is required", label));
    path += encode_label(value, greedy);
    pattern.remove_prefix(close + 1);
  }
}

void add_fixed_query(std::string_view text, QueryParameters& query) {
  while (!text.empty()) {
    const size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    const size_t equals = pair.find('=');
    query.emplace_back(pair.substr(0, equals), equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

void add_query(const Member& member, const Json& value, QueryParameters& query) {
  if (member.shape->type == ShapeType::kList) {
    for (const Json& item : value.items()) {
      query.emplace_back(member.wire_name(), scalar_text(member.shape->element, item, TimestampFormat::kIso8601));
    }
  } else if (member.shape->type == ShapeType::kMap) {
    const Member& element = member.shape->element;
    for (const auto& [name, item] : value.members()) {
      if (element.shape->type != ShapeType::kList) {
        query.emplace_back(name, scalar_text(element, item, TimestampFormat::kIso8601));
      }
      for (const Json& each : item.items()) {
        query.emplace_back(name, scalar_text(element.shape->element, each, TimestampFormat::kIso8601));
      }
    }
  } else {
    query.emplace_back(member.wire_name(), scalar_text(member, value, TimestampFormat::kIso8601));
  }
}

void add_header(const Member& member, const Json& value, HttpHeaders& headers) {
  std::string text;
  if (member.json_value) {
    text = base64(value.dump());
  } else if (member.shape->type == ShapeType::kList) {
    for (const Json& item : value.items()) {
      if (!text.empty()) text += ',';
      text += scalar_text(member.shape->element, item, TimestampFormat::kRfc822);
    }
  } else {
    text = scalar_text(member, value, TimestampFormat::kRfc822);
  }
  if (!text.empty()) headers.emplace_back(member.wire_name(), text);
}

std::string_view content_type(const ServiceModel& model) {
  return model.protocol == Protocol::kRestJson ? "application/json" : "application/xml";
}

bool has_header(const HttpHeaders& headers, const char* wanted) {
  return std::ranges::any_of(headers, [&](const auto& each) { return strcasecmp(each.first.c_str(), wanted) == 0; });
}

// Some services of this protocol answer in another form of JSON unless they are asked for this one.
void ask_for_json(const ServiceModel& model, const Operation& operation, HttpHeaders& headers) {
  if (model.protocol != Protocol::kRestJson || has_header(headers, "Accept")) return;
  const Shape* output = operation.output.shape;
  if (output == nullptr || output->payload.empty()) headers.emplace_back("Accept", "application/json");
}

Status write_payload(const ServiceModel& model, const Member& payload, const Json& value, WireRequest& request) {
  if (value.is_null()) return {};
  std::string_view type = content_type(model);
  if (payload.shape->type == ShapeType::kBlob) {
    request.body = TRY(unbase64(value.string_or_empty()));
    type = "binary/octet-stream";
  } else if (payload.shape->type == ShapeType::kString) {
    request.body = value.string_or_empty();
    type = "text/plain";
  } else if (model.protocol == Protocol::kRestJson) {
    request.body =
        payload.shape->type == ShapeType::kStructure ? write_json_body(*payload.shape, value).dump() : value.dump();
  } else {
    request.body = write_xml_body(payload, value, payload.xml_namespace);
  }
  if (!has_header(request.headers, "Content-Type")) request.headers.emplace_back("Content-Type", type);
  return {};
}

// XML without a member is no body at all; JSON without one is an empty object.
bool has_body(const ServiceModel& model, const Shape& shape, const Json& input) {
  return std::ranges::any_of(shape.members, [&](const Member& member) {
    return member.location == Location::kBody &&
           (model.protocol == Protocol::kRestJson || !input[member.name].is_null());
  });
}

Status write_body(const ServiceModel& model, const Operation& operation, const Json& input, WireRequest& request) {
  const Shape& shape = *operation.input.shape;
  if (!shape.payload.empty()) {
    return write_payload(model, *shape.find(shape.payload), input[shape.payload], request);
  }
  if (!has_body(model, shape, input)) return {};
  const XmlNamespace& own = operation.input.xml_namespace;
  request.body = model.protocol == Protocol::kRestJson
                     ? write_json_body(shape, input).dump()
                     : write_xml_body(operation.input, input, own.uri.empty() ? model.xml_namespace : own);
  request.headers.emplace_back("Content-Type", content_type(model));
  return {};
}

void write_heads(const Shape& shape, const Json& input, WireRequest& request) {
  for (const Member& member : shape.members) {
    const Json& value = input[member.name];
    if (value.is_null()) continue;
    if (member.location == Location::kQueryString) add_query(member, value, request.query);
    if (member.location == Location::kHeader) add_header(member, value, request.headers);
    if (member.location != Location::kHeaders) continue;
    for (const auto& [name, item] : value.members()) {
      request.headers.emplace_back(member.wire_name() + name, item.string_or_empty());
    }
  }
}

}  // namespace

Status write_rest_parts(const ServiceModel& model, const Operation& operation, const Json& input,
                        WireRequest& request) {
  const std::string_view uri = operation.uri;
  const size_t question = uri.find('?');
  request.path = TRY(expand_path(uri.substr(0, question), operation, input));
  if (question != std::string_view::npos) add_fixed_query(uri.substr(question + 1), request.query);
  if (operation.input.shape != nullptr) write_heads(*operation.input.shape, input, request);
  ask_for_json(model, operation, request.headers);
  return operation.input.shape == nullptr ? Status() : write_body(model, operation, input, request);
}

}  // namespace capstan::aws
