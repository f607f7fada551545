// Finds the code and the message of an error in each protocol's form, and tells what kind of error it is.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/clean_text.h"
#include "base/fit.h"
#include "base/trim.h"
#include "connect/aws/service_answer.h"

namespace capstan::aws {
namespace {

constexpr size_t kMostOfAMessage = 2000;
constexpr size_t kMostOfARegion = 63;

// Source: AWS SDKs and Tools Reference Guide, "Retry behavior".
constexpr std::array<std::string_view, 15> kThrottled = {"Throttling",
                                                         "ThrottlingException",
                                                         "ThrottledException",
                                                         "RequestThrottledException",
                                                         "TooManyRequestsException",
                                                         "ProvisionedThroughputExceededException",
                                                         "TransactionInProgressException",
                                                         "RequestLimitExceeded",
                                                         "BandwidthLimitExceeded",
                                                         "LimitExceededException",
                                                         "RequestThrottled",
                                                         "SlowDown",
                                                         "PriorRequestNotComplete",
                                                         "EC2ThrottledException",
                                                         "ThrottlingError"};
constexpr std::array<std::string_view, 4> kTransient = {"RequestTimeout", "RequestTimeoutException", "InternalError",
                                                        "InternalFailure"};
// The first three say so; services of the other protocols only call the signature wrong, and the Date of the answer
// tells.
constexpr std::array<std::string_view, 6> kSkewed = {"RequestTimeTooSkewed",  "RequestExpired",
                                                     "RequestInTheFuture",    "InvalidSignatureException",
                                                     "SignatureDoesNotMatch", "AuthFailure"};
constexpr std::array<std::string_view, 4> kExpired = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired",
                                                      "InvalidClientTokenId"};

bool is_any_of(std::string_view code, auto& codes) { return std::ranges::find(codes, code) != codes.end(); }

RefusalKind kind_of(const Operation& operation, const Refusal& refusal) {
  for (const Shape* error : operation.errors) {
    if (error->error_code != refusal.code && error->name != refusal.code) continue;
    if (error->throttling) return RefusalKind::kThrottled;
    if (error->retryable) return RefusalKind::kTransient;
  }
  // What a service calls a limit of its own (too many roles) is no throttling where its model says what it is.
  const bool modeled = std::ranges::any_of(operation.errors, [&](const Shape* e) { return e->name == refusal.code; });
  if (is_any_of(refusal.code, kSkewed)) return RefusalKind::kSkewed;
  if (is_any_of(refusal.code, kExpired)) return RefusalKind::kExpired;
  if (is_any_of(refusal.code, kThrottled) && !(modeled && refusal.code == "LimitExceededException")) {
    return RefusalKind::kThrottled;
  }
  if (refusal.status == 429) return RefusalKind::kThrottled;
  const bool trouble = refusal.status == 500 || (refusal.status >= 502 && refusal.status <= 504);
  return trouble || is_any_of(refusal.code, kTransient) ? RefusalKind::kTransient : RefusalKind::kFinal;
}

// "com.amazon.coral.validate#ValidationException:http://internal" is a ValidationException.
std::string bare_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  code.remove_prefix(code.rfind('#') + 1);  // npos + 1 is 0.
  return std::string(trim(code));
}

void read_json_error(const HttpResponse& response, Refusal& refusal) {
  refusal.code = bare_code(response.header("x-amzn-errortype"));
  const Result<Json> body = Json::parse(response.body);
  if (!body) return;
  if (refusal.code.empty()) refusal.code = bare_code((*body)["__type"].string_or_empty());
  if (refusal.code.empty()) refusal.code = bare_code((*body)["code"].string_or_empty());
  for (const std::string_view key : {"message", "Message", "errorMessage"}) {
    if (refusal.message.empty()) refusal.message = (*body)[key].string_or_empty();
  }
}

// <ErrorResponse><Error>, <Response><Errors><Error> and S3's <Error> as the root.
void read_xml_error(const HttpResponse& response, Refusal& refusal) {
  const Result<XmlElement> root = parse_xml(response.body);
  if (!root) return;
  const XmlElement* error = root->name == "Error" ? &*root : root->child("Error");
  if (const XmlElement* errors = root->child("Errors"); errors != nullptr) error = errors->child("Error");
  if (error == nullptr) return;
  refusal.code = trim(error->text_of("Code"));
  refusal.message = trim(error->text_of("Message"));
  refusal.region = trim(error->text_of("Region"));
}

}  // namespace

Refusal read_refusal(const ServiceModel& model, const Operation& operation, const HttpResponse& response) {
  Refusal refusal{.code = {}, .message = {}, .region = {}, .status = response.status};
  if (model.protocol == Protocol::kRestJson || model.protocol == Protocol::kJson) {
    read_json_error(response, refusal);
  } else {
    read_xml_error(response, refusal);
  }
  // An answer to HEAD has no body, and a proxy's is not the service's.
  if (refusal.code.empty()) refusal.code = std::to_string(response.status);
  if (refusal.region.empty()) refusal.region = trim(response.header("x-amz-bucket-region"));
  const bool elsewhere = response.status == 301 || response.status == 307 || response.status == 400;
  if (!elsewhere || refusal.region.size() > kMostOfARegion) refusal.region.clear();
  if (!refusal.region.empty()) refusal.message += fmt::format(" (its region is {})", refusal.region);
  // Their words go into facts and onto terminals.
  refusal.code = clean_line(fit_text(refusal.code, 200));
  refusal.message = clean_line(fit_text(trim(refusal.message), kMostOfAMessage));
  refusal.kind = kind_of(operation, refusal);
  return refusal;
}

}  // namespace capstan::aws
