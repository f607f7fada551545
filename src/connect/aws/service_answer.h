// What a service answered: an output in the shape of the operation, or a refusal with its reason.
#pragma once

#include <optional>
#include <string>

#include "base/http_client.h"
#include "base/json.h"
#include "base/result.h"
#include "connect/aws/service_model.h"
#include "connect/aws/xml_tree.h"

namespace capstan::aws {

enum class RefusalKind {
  kFinal,      // The same request is refused again.
  kThrottled,  // Not done; later may work.
  kTransient,  // The service has trouble; later may work.
  kSkewed,     // Our clock and theirs differ too much, or the signature is wrong for another reason.
  kExpired,    // What signed the request is no longer good.
};

struct Refusal {
  std::string code;     // "NoSuchEntity", as the service documents it.
  std::string message;  // In the service's words.
  std::string region;   // Where S3 says that the bucket is; "" where it does not say.
  int status = 0;
  RefusalKind kind = RefusalKind::kFinal;
};

struct ServiceAnswer {
  Json output = Json::object();
  std::optional<Refusal> refusal;  // Then there is no output.
  int status = 0;
  std::string request_id;
};

// kCorrupt for an answer that is not of the operation's protocol.
Result<ServiceAnswer> read_answer(const ServiceModel& model, const Operation& operation, const HttpResponse& response);

// The parts of it.
Json read_xml_structure(const Shape& shape, const XmlElement& element);
Json read_xml_value(const Member& member, const XmlElement& element);
Json read_json_value(const Member& member, const Json& value);
Json read_json_structure(const Shape& shape, const Json& value);
// Text from a header or an element; null where it does not fit.
Json read_scalar(const Member& member, std::string_view text);
Refusal read_refusal(const ServiceModel& model, const Operation& operation, const HttpResponse& response);

}  // namespace capstan::aws
