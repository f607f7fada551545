#include "connect/aws/service_answer.h"

#include <fmt/format.h>
#include <strings.h>

#include <charconv>

#include "base/crypto.h"
#include "base/trim.h"
#include "connect/aws/timestamps.h"

namespace capstan::aws {
namespace {

Json read_header_list(const Member& list, std::string_view text) {
  Json::Array items;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    items.push_back(read_scalar(list.shape->element, trim(text.substr(0, comma))));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return items;
}

Json read_prefixed_headers(const Member& member, const HttpHeaders& headers) {
  const std::string& prefix = member.location_name;
  Json::Object found;
  for (const auto& [name, value] : headers) {
    if (name.size() >= prefix.size() && strncasecmp(name.data(), prefix.data(), prefix.size()) == 0) {
      found.insert_or_assign(name.substr(prefix.size()), Json(value));
    }
  }
  return found;
}

Json read_header(const Member& member, std::string_view text) {
  if (text.empty()) return {};
  if (member.json_value) {
    const Result<std::string> bytes = unbase64(text);
    const Result<Json> value = Json::parse(bytes ? *bytes : std::string(text));
    return value ? *value : Json(text);
  }
  if (member.shape->type == ShapeType::kList) return read_header_list(member, text);
  return read_scalar(member, text);
}

void read_heads(const Shape& shape, const HttpResponse& response, Json& output) {
  for (const Member& member : shape.members) {
    Json value;
    if (member.location == Location::kHeader) value = read_header(member, response.header(member.wire_name()));
    if (member.location == Location::kHeaders) value = read_prefixed_headers(member, response.headers);
    if (member.location == Location::kStatusCode) value = response.status;
    if (!value.is_null()) output.set(member.name, std::move(value));
  }
}

void merge(Json& into, Json from) {
  for (auto& [name, value] : from.mutable_members()) into.set(name, std::move(value));
}

// A captive portal or a proxy says 200, too: its page must not pass for a list of nothing.
Result<XmlElement> parse_answer(std::string_view text) {
  XmlElement root = TRY(parse_xml(text));
  if (strcasecmp(root.name.c_str(), "html") == 0)
    return fail(ErrorCode::kCorrupt, "a page of HTML came in place of the answer");
  return root;
}

// S3 answers GetBucketLocation with nothing but the member itself.
const Member* whole_answer_member(const Shape& shape, const XmlElement& root) {
  const Member* only = nullptr;
  for (const Member& member : shape.members) {
    if (member.location != Location::kBody) continue;
    if (only != nullptr) return nullptr;
    only = &member;
  }
  return only != nullptr && only->wire_name() == root.name && root.children.empty() ? only : nullptr;
}

Status read_xml_body(const ServiceModel& model, const Operation& operation, const HttpResponse& response,
                     Json& output) {
  const Shape& shape = *operation.output.shape;
  const XmlElement root = TRY(parse_answer(response.body));
  const XmlElement* from = &root;
  if (model.protocol == Protocol::kQuery && !operation.result_wrapper.empty()) {
    from = root.child(operation.result_wrapper);
    if (from == nullptr) return fail(ErrorCode::kCorrupt, "the answer has no " + operation.result_wrapper);
  }
  if (const Member* only = whole_answer_member(shape, *from)) {
    if (!from->text.empty()) output.set(only->name, read_xml_value(*only, *from));
    return {};
  }
  merge(output, read_xml_structure(shape, *from));
  return {};
}

Status read_payload(const ServiceModel& model, const Member& payload, const HttpResponse& response, Json& output) {
  if (payload.shape->type == ShapeType::kBlob) {
    output.set(payload.name, base64(response.body));
  } else if (payload.shape->type == ShapeType::kString) {
    output.set(payload.name, response.body);
  } else if (trim(response.body).empty()) {
    return {};
  } else if (model.protocol == Protocol::kRestXml) {
    output.set(payload.name, read_xml_value(payload, TRY(parse_answer(response.body))));
  } else {
    const Result<Json> body = Json::parse(response.body);
    if (!body) return fail(ErrorCode::kCorrupt, "the answer is no JSON");
    output.set(payload.name, read_json_value(payload, *body));
  }
  return {};
}

Status read_body(const ServiceModel& model, const Operation& operation, const HttpResponse& response, Json& output) {
  const Shape& shape = *operation.output.shape;
  const bool rest = model.protocol == Protocol::kRestXml || model.protocol == Protocol::kRestJson;
  if (rest && !shape.payload.empty()) return read_payload(model, *shape.find(shape.payload), response, output);
  if (trim(response.body).empty()) return {};
  if (model.protocol != Protocol::kRestJson && model.protocol != Protocol::kJson) {
    return read_xml_body(model, operation, response, output);
  }
  const Result<Json> body = Json::parse(response.body);
  if (!body || !body->is_object()) return fail(ErrorCode::kCorrupt, "the answer is no JSON object");
  merge(output, read_json_structure(shape, *body));
  return {};
}

std::string request_id_of(const HttpResponse& response) {
  for (const std::string_view name : {"x-amzn-RequestId", "x-amz-request-id", "x-amzn-request-id"}) {
    if (const std::string_view id = response.header(name); !id.empty()) return std::string(id);
  }
  // Only the XML protocols also say it in the body.
  for (const std::string_view tag : {"<RequestId>", "<requestId>", "<RequestID>"}) {
    const size_t begin = response.body.find(tag);
    if (begin == std::string::npos) continue;
    const size_t end = response.body.find('<', begin + tag.size());
    if (end != std::string::npos && end - begin < 200) {
      return response.body.substr(begin + tag.size(), end - begin - tag.size());
    }
  }
  return {};
}

// S3 begins some answers before it knows how they end: a 200 that turns out to be an error.
bool is_late_error(const ServiceModel& model, const HttpResponse& response) {
  if (model.protocol != Protocol::kRestXml || response.body.size() > 10'000) return false;
  const size_t root = response.body.find("<Error>");
  return root != std::string::npos && root < 60;
}

}  // namespace

Json read_scalar(const Member& member, std::string_view text) {
  switch (member.shape->type) {
    case ShapeType::kBoolean: return trim(text) == "true";
    case ShapeType::kInteger: {
      int64_t number = 0;
      const std::string_view digits = trim(text);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      return error == std::errc() && end == digits.data() + digits.size() ? Json(number) : Json();
    }
    case ShapeType::kFloat: {
      double number = 0;
      const std::string_view digits = trim(text);
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
      return error == std::errc() && end == digits.data() + digits.size() ? Json(number) : Json();
    }
    case ShapeType::kTimestamp: {
      const Result<Time> time = read_timestamp(Json(trim(text)));
      return Json(time ? iso8601(*time) : std::string(text));
    }
    default: return Json(text);
  }
}

Result<ServiceAnswer> read_answer(const ServiceModel& model, const Operation& operation, const HttpResponse& response) {
  ServiceAnswer answer{.status = response.status, .request_id = request_id_of(response)};
  // Beyond 2xx there is only what a condition asked for (304), which is no output either.
  if (!response.ok() || is_late_error(model, response)) {
    answer.refusal = read_refusal(model, operation, response);
    return answer;
  }
  if (operation.output.shape == nullptr) return answer;
  read_heads(*operation.output.shape, response, answer.output);
  TRY(read_body(model, operation, response, answer.output));
  return answer;
}

}  // namespace capstan::aws
