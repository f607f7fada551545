// Makes a service's published JSON into a ServiceModel: shapes first, then what uses them, then pages and waiters.
#include <fmt/format.h>

#include <algorithm>

#include "connect/aws/service_model.h"

namespace capstan::aws {
namespace {

constexpr size_t kMostShapes = 50'000;

struct NamedType {
  std::string_view name;
  ShapeType type;
};
constexpr NamedType kTypes[] = {
    {"structure", ShapeType::kStructure}, {"list", ShapeType::kList},           {"map", ShapeType::kMap},
    {"string", ShapeType::kString},       {"character", ShapeType::kString},    {"integer", ShapeType::kInteger},
    {"long", ShapeType::kInteger},        {"float", ShapeType::kFloat},         {"double", ShapeType::kFloat},
    {"boolean", ShapeType::kBoolean},     {"timestamp", ShapeType::kTimestamp}, {"blob", ShapeType::kBlob}};

class ModelReader {
 public:
  ModelReader(const ModelDocument& document, ServiceModel& model) : document_(document), model_(model) {}

  Status read() {
    TRY(read_metadata());
    const Json& shapes = document_.json["shapes"];
    if (!shapes.is_object()) return bad("shapes", "expected an object");
    if (shapes.members().size() > kMostShapes) {
      return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} shapes", kMostShapes), {document_.file});
    }
    for (const auto& [name, value] : shapes.members()) model_.shapes[name].name = name;  // Members point at them.
    for (const auto& [name, value] : shapes.members()) TRY(read_shape("shapes." + name, value, model_.shapes[name]));
    const Json& operations = document_.json["operations"];
    if (!operations.is_object()) return bad("operations", "expected an object");
    for (const auto& [name, value] : operations.members()) {
      TRY(read_operation("operations." + name, value, model_.operations[name]));
    }
    return {};
  }

 private:
  std::unexpected<Error> bad(std::string_view path, std::string_view what) const {
    return fail(ErrorCode::kCorrupt, fmt::format("{}: {}", path, what), {document_.file});
  }

  Result<Protocol> read_protocol(const std::string& name) const {
    if (name == "query") return Protocol::kQuery;
    if (name == "ec2") return Protocol::kEc2;
    if (name == "rest-xml") return Protocol::kRestXml;
    if (name == "rest-json") return Protocol::kRestJson;
    if (name == "json") return Protocol::kJson;
    return fail(ErrorCode::kUnimplemented,
                fmt::format("metadata.protocol: expected query, ec2, rest-xml, rest-json or json, got '{}'", name),
                {document_.file});
  }

  Status read_metadata() {
    const Json& metadata = document_.json["metadata"];
    std::string protocol = metadata["protocol"].string_or_empty();
    for (const Json& other : metadata["protocols"].items()) {
      // Services that speak several name their favourite first: the first that is known here will do.
      if (!read_protocol(protocol) && read_protocol(other.string_or_empty())) protocol = other.string_or_empty();
    }
    model_.protocol = TRY(read_protocol(protocol));
    model_.endpoint_prefix = metadata["endpointPrefix"].string_or_empty();
    if (model_.endpoint_prefix.empty()) return bad("metadata.endpointPrefix", "expected text");
    model_.signing_name = metadata["signingName"].string_or_empty();
    if (model_.signing_name.empty()) model_.signing_name = model_.endpoint_prefix;
    model_.service_id = metadata["serviceId"].string_or_empty();
    model_.api_version = metadata["apiVersion"].string_or_empty();
    model_.target_prefix = metadata["targetPrefix"].string_or_empty();
    model_.json_version = metadata["jsonVersion"].string_or_empty();
    model_.xml_namespace = read_namespace(metadata["xmlNamespace"]);
    return {};
  }

  static XmlNamespace read_namespace(const Json& value) {
    if (value.is_string()) return {value.string_or_empty(), ""};
    return {value["uri"].string_or_empty(), value["prefix"].string_or_empty()};
  }

  Result<TimestampFormat> read_format(const std::string& path, const Json& value) const {
    const std::string& name = value["timestampFormat"].string_or_empty();
    if (name.empty()) return TimestampFormat::kOfProtocol;
    if (name == "iso8601") return TimestampFormat::kIso8601;
    if (name == "rfc822") return TimestampFormat::kRfc822;
    if (name == "unixTimestamp") return TimestampFormat::kUnix;
    return bad(path + ".timestampFormat", fmt::format("expected iso8601, rfc822 or unixTimestamp, got '{}'", name));
  }

  Result<Location> read_location(const std::string& path, const Json& value) const {
    const std::string& name = value["location"].string_or_empty();
    if (name.empty()) return Location::kBody;
    if (name == "uri") return Location::kUri;
    if (name == "querystring") return Location::kQueryString;
    if (name == "header") return Location::kHeader;
    if (name == "headers") return Location::kHeaders;
    if (name == "statusCode") return Location::kStatusCode;
    return bad(path + ".location", fmt::format("no member travels in '{}'", name));
  }

  Result<const Shape*> find_shape(const std::string& path, const Json& reference) const {
    const std::string& name = reference["shape"].string_or_empty();
    const auto found = model_.shapes.find(name);
    if (found == model_.shapes.end()) return bad(path + ".shape", fmt::format("no shape is named '{}'", name));
    return &found->second;
  }

  // What the shape says of itself holds wherever the use does not say otherwise.
  Result<Member> read_member(const std::string& path, std::string name, const Json& value) const {
    Member member;
    member.name = std::move(name);
    member.shape = TRY(find_shape(path, value));
    const Json& shape = document_.json["shapes"][value["shape"].string_or_empty()];
    const Json& names_it = value.contains("locationName") ? value : shape;
    member.location_name = names_it["locationName"].string_or_empty();
    member.query_name = value["queryName"].string_or_empty();
    member.location = TRY(read_location(path, value));
    member.timestamp_format = TRY(read_format(path, value));
    if (member.timestamp_format == TimestampFormat::kOfProtocol) {
      member.timestamp_format = TRY(read_format("shapes." + member.shape->name, shape));
    }
    member.xml_namespace =
        read_namespace(value.contains("xmlNamespace") ? value["xmlNamespace"] : shape["xmlNamespace"]);
    member.flattened = value["flattened"].bool_or(false) || shape["flattened"].bool_or(false);
    member.xml_attribute = value["xmlAttribute"].bool_or(false);
    member.idempotency_token = value["idempotencyToken"].bool_or(false);
    member.json_value = value["jsonvalue"].bool_or(false);
    return member;
  }

  Status read_shape(const std::string& path, const Json& value, Shape& shape) {
    const std::string& type = value["type"].string_or_empty();
    const auto known = std::ranges::find(kTypes, type, &NamedType::name);
    if (known == std::end(kTypes)) return bad(path + ".type", fmt::format("no type is named '{}'", type));
    shape.type = known->type;
    for (const Json& allowed : value["enum"].items()) shape.allowed.push_back(allowed.string_or_empty());
    if (value["min"].is_number()) shape.min = value["min"].number_or(0);
    if (value["max"].is_number()) shape.max = value["max"].number_or(0);
    shape.pattern = value["pattern"].string_or_empty();
    shape.payload = value["payload"].string_or_empty();
    shape.is_union = value["union"].bool_or(false);
    shape.is_document = value["document"].bool_or(false);
    shape.sensitive = value["sensitive"].bool_or(false);
    shape.error_code = value["error"]["code"].string_or_empty();
    if (shape.error_code.empty()) shape.error_code = shape.name;
    shape.retryable = value.contains("retryable");
    shape.throttling = value["retryable"]["throttling"].bool_or(false);
    if (shape.type == ShapeType::kStructure) return read_structure(path, value, shape);
    if (shape.type == ShapeType::kList) shape.element = TRY(read_member(path + ".member", "member", value["member"]));
    if (shape.type == ShapeType::kMap) {
      shape.key = TRY(read_member(path + ".key", "key", value["key"]));
      shape.element = TRY(read_member(path + ".value", "value", value["value"]));
    }
    return {};
  }

  Status read_structure(const std::string& path, const Json& value, Shape& shape) {
    for (const auto& [name, member] : value["members"].members()) {
      shape.members.push_back(TRY(read_member(fmt::format("{}.members.{}", path, name), name, member)));
    }
    for (const Json& name : value["required"].items()) {
      const auto found = std::ranges::find(shape.members, name.string_or_empty(), &Member::name);
      if (found != shape.members.end()) found->required = true;  // Some models require what they do not have.
    }
    if (!shape.payload.empty() && shape.find(shape.payload) == nullptr) {
      return bad(path + ".payload", fmt::format("no member is named '{}'", shape.payload));
    }
    return {};
  }

  Status read_operation(const std::string& path, const Json& value, Operation& operation) {
    operation.name = value["name"].string_or_empty();
    operation.method = value["http"]["method"].string_or_empty();
    operation.uri = value["http"]["requestUri"].string_or_empty();
    if (operation.name.empty()) return bad(path + ".name", "expected text");
    if (operation.method.empty()) return bad(path + ".http.method", "expected text");
    if (!operation.uri.starts_with('/')) return bad(path + ".http.requestUri", "expected a path");
    TRY(read_use(path + ".input", value["input"], operation.input));
    TRY(read_use(path + ".output", value["output"], operation.output));
    operation.result_wrapper = value["output"]["resultWrapper"].string_or_empty();
    operation.host_prefix = value["endpoint"]["hostPrefix"].string_or_empty();
    operation.idempotent = value["idempotent"].bool_or(false);
    operation.is_unsigned =
        value["authtype"].string_or_empty() == "none" || value["auth"] == Json::array({"smithy.api#noAuth"});
    operation.unsigned_payload =
        value["authtype"].string_or_empty() == "v4-unsigned-body" || value["unsignedPayload"].bool_or(false);
    operation.checksum_required =
        value["httpChecksumRequired"].bool_or(false) || value["httpChecksum"]["requestChecksumRequired"].bool_or(false);
    size_t index = 0;
    for (const Json& error : value["errors"].items()) {
      operation.errors.push_back(TRY(find_shape(fmt::format("{}.errors[{}]", path, index++), error)));
    }
    return {};
  }

  Status read_use(const std::string& path, const Json& value, Member& use) const {
    if (value.is_null()) return {};
    use = TRY(read_member(path, "", value));
    if (use.shape->type != ShapeType::kStructure) return bad(path + ".shape", "expected a structure");
    use.name = use.shape->name;
    return {};
  }

  const ModelDocument& document_;
  ServiceModel& model_;
};

// A path expression, or a list of them.
Result<std::vector<PathExpression>> read_expressions(const std::string& file, const std::string& path,
                                                     const Json& value) {
  std::vector<PathExpression> expressions;
  const auto add = [&](const Json& text) -> Status {
    Result<PathExpression> expression = PathExpression::parse(text.string_or_empty());
    if (!expression) return fail(ErrorCode::kCorrupt, path + ": " + expression.error().message, {file});
    expressions.push_back(std::move(*expression));
    return {};
  };
  if (value.is_string()) TRY(add(value));
  for (const Json& item : value.items()) TRY(add(item));
  return expressions;
}

Status read_paginators(const ModelDocument& document, ServiceModel& model) {
  for (const auto& [name, value] : document.json["pagination"].members()) {
    if (!model.operations.contains(name)) continue;  // Models keep pages of operations that are gone.
    const std::string path = "pagination." + name;
    Paginator paginator;
    const Json& inputs = value["input_token"];
    if (inputs.is_string()) paginator.input_tokens.push_back(inputs.string_or_empty());
    for (const Json& token : inputs.items()) paginator.input_tokens.push_back(token.string_or_empty());
    paginator.output_tokens = TRY(read_expressions(document.file, path + ".output_token", value["output_token"]));
    paginator.results = TRY(read_expressions(document.file, path + ".result_key", value["result_key"]));
    paginator.kept = TRY(read_expressions(document.file, path + ".non_aggregate_keys", value["non_aggregate_keys"]));
    std::vector<PathExpression> more =
        TRY(read_expressions(document.file, path + ".more_results", value["more_results"]));
    if (!more.empty()) paginator.more = std::move(more.front());
    if (paginator.input_tokens.empty() || paginator.input_tokens.size() != paginator.output_tokens.size()) {
      return fail(ErrorCode::kCorrupt, path + ": expected as many output tokens as input tokens", {document.file});
    }
    model.paginators.emplace(name, std::move(paginator));
  }
  return {};
}

Result<Acceptor> read_acceptor(const std::string& file, const std::string& path, const Json& value) {
  Acceptor acceptor{.expected = value["expected"]};
  const std::string& state = value["state"].string_or_empty();
  const std::string& matcher = value["matcher"].string_or_empty();
  const auto bad = [&](std::string_view key, std::string_view what) {
    return fail(ErrorCode::kCorrupt, fmt::format("{}.{}: {}", path, key, what), {file});
  };
  if (state == "success")
    acceptor.state = WaiterState::kSuccess;
  else if (state == "failure")
    acceptor.state = WaiterState::kFailure;
  else if (state != "retry")
    return bad("state", fmt::format("expected success, failure or retry, got '{}'", state));
  if (matcher == "path")
    acceptor.matcher = MatcherKind::kPath;
  else if (matcher == "pathAll")
    acceptor.matcher = MatcherKind::kPathAll;
  else if (matcher == "pathAny")
    acceptor.matcher = MatcherKind::kPathAny;
  else if (matcher == "status")
    acceptor.matcher = MatcherKind::kStatus;
  else if (matcher == "error")
    acceptor.matcher = MatcherKind::kError;
  else
    return bad("matcher", fmt::format("no matcher is named '{}'", matcher));
  if (matcher.starts_with("path")) {
    Result<PathExpression> expression = PathExpression::parse(value["argument"].string_or_empty());
    if (!expression) return bad("argument", expression.error().message);
    acceptor.path = std::move(*expression);
  }
  return acceptor;
}

Status read_waiters(const ModelDocument& document, ServiceModel& model) {
  for (const auto& [name, value] : document.json["waiters"].members()) {
    const std::string path = "waiters." + name;
    Waiter waiter{.operation = value["operation"].string_or_empty(),
                  .delay_s = static_cast<int>(value["delay"].int_or(0)),
                  .most_attempts = static_cast<int>(value["maxAttempts"].int_or(0)),
                  .acceptors = {}};
    if (!model.operations.contains(waiter.operation)) continue;
    if (waiter.delay_s <= 0 || waiter.most_attempts <= 0) {
      return fail(ErrorCode::kCorrupt, path + ": expected delay and maxAttempts above 0", {document.file});
    }
    size_t index = 0;
    for (const Json& acceptor : value["acceptors"].items()) {
      waiter.acceptors.push_back(
          TRY(read_acceptor(document.file, fmt::format("{}.acceptors[{}]", path, index++), acceptor)));
    }
    model.waiters.emplace(name, std::move(waiter));
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const ServiceModel>> read_service_model(std::string_view service,
                                                               const ModelDocuments& documents) {
  auto model = std::make_shared<ServiceModel>();
  model->service = service;
  TRY(ModelReader(documents.service, *model).read());
  if (documents.paginators) TRY(read_paginators(*documents.paginators, *model));
  if (documents.waiters) TRY(read_waiters(*documents.waiters, *model));
  return model;
}

}  // namespace capstan::aws
