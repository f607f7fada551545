// What AWS publishes about one service: its operations, the shapes of their inputs and outputs, how pages and states
// are waited for. Immutable once read, so that many threads may share it. Source: the models themselves
// (service-2.json, paginators-1.json, waiters-2.json) and the Smithy protocol documents.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "connect/aws/path_expression.h"

namespace capstan::aws {

enum class Protocol { kQuery, kEc2, kRestXml, kRestJson, kJson };
enum class ShapeType {
  kStructure,
  kList,
  kMap,
  kString,
  kInteger,
  kFloat,
  kBoolean,
  kTimestamp,
  kBlob,
};
// Where in a request or an answer a member travels.
enum class Location { kBody, kUri, kQueryString, kHeader, kHeaders, kStatusCode };
enum class TimestampFormat { kOfProtocol, kIso8601, kRfc822, kUnix };

struct XmlNamespace {
  std::string uri;
  std::string prefix;
};

struct Shape;

// A use of a shape: by a structure's member, a list's element, a map's key or value, an operation's input.
struct Member {
  std::string name;
  std::string location_name;  // Its name on the wire; "" for `name`.
  std::string query_name;     // The same for ec2.
  const Shape* shape = nullptr;
  Location location = Location::kBody;
  TimestampFormat timestamp_format = TimestampFormat::kOfProtocol;
  XmlNamespace xml_namespace;
  bool required = false;
  bool flattened = false;  // A list or a map without an element of its own around it.
  bool xml_attribute = false;
  bool idempotency_token = false;
  bool json_value = false;  // A header that carries any JSON value.

  const std::string& wire_name() const { return location_name.empty() ? name : location_name; }
};

struct Shape {
  std::string name;
  ShapeType type = ShapeType::kString;
  std::vector<Member> members;  // Of a structure, in the order of the model's names.
  Member element;               // Of a list; of a map, the value.
  Member key;                   // Of a map.
  std::vector<std::string> allowed;
  std::optional<double> min;  // Of a number its value, of a text its characters, of a list its elements.
  std::optional<double> max;
  std::string pattern;
  std::string payload;  // The one member that is the whole body.
  std::string error_code;
  bool is_union = false;
  bool is_document = false;  // Any JSON value.
  bool sensitive = false;
  bool throttling = false;  // An error that says: slower.
  bool retryable = false;

  const Member* find(std::string_view member) const;
};

struct Operation {
  std::string name;
  std::string method;
  std::string uri;  // "/clusters/{name}/node-groups?x=y"
  Member input;     // Its shape is null where there is nothing to say.
  Member output;
  std::string result_wrapper;
  std::string host_prefix;  // "{AccountId}."
  std::vector<const Shape*> errors;
  bool idempotent = false;
  bool unsigned_payload = false;
  bool is_unsigned = false;
  bool checksum_required = false;
};

struct Paginator {
  std::vector<std::string> input_tokens;
  std::vector<PathExpression> output_tokens;
  std::vector<PathExpression> results;
  std::vector<PathExpression> kept;  // What is the same on every page.
  std::optional<PathExpression> more;
};

enum class WaiterState { kSuccess, kFailure, kRetry };
enum class MatcherKind { kPath, kPathAll, kPathAny, kStatus, kError };

struct Acceptor {
  WaiterState state = WaiterState::kRetry;
  MatcherKind matcher = MatcherKind::kPath;
  std::optional<PathExpression> path;
  Json expected;
};

struct Waiter {
  std::string operation;
  int delay_s = 0;
  int most_attempts = 0;
  std::vector<Acceptor> acceptors;
};

struct ServiceModel {
  std::string service;     // As the library calls it: "iam".
  std::string service_id;  // As AWS calls it: "Auto Scaling".
  std::string api_version;
  Protocol protocol = Protocol::kQuery;
  std::string endpoint_prefix;
  std::string signing_name;
  std::string target_prefix;
  std::string json_version;
  XmlNamespace xml_namespace;
  std::map<std::string, Shape, std::less<>> shapes;
  std::map<std::string, Operation, std::less<>> operations;
  std::map<std::string, Paginator, std::less<>> paginators;  // By operation.
  std::map<std::string, Waiter, std::less<>> waiters;

  ServiceModel() = default;
  ServiceModel(const ServiceModel&) = delete;  // Its parts point at each other.
  ServiceModel& operator=(const ServiceModel&) = delete;

  // kNotFound, with what was probably meant.
  Result<const Operation*> operation(std::string_view name) const;
  Result<const Waiter*> waiter(std::string_view name) const;
};

// One file of a model: where it lies, for errors, and what it says.
struct ModelDocument {
  std::string file;
  Json json;
};

struct ModelDocuments {
  ModelDocument service;
  std::optional<ModelDocument> paginators;
  std::optional<ModelDocument> waiters;
};

// Errors name the file and the place in it: "shapes.Role.members.Path.shape: no shape is named 'pathTyp'".
Result<std::shared_ptr<const ServiceModel>> read_service_model(std::string_view service,
                                                               const ModelDocuments& documents);

}  // namespace capstan::aws
