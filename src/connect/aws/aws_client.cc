#include "connect/aws/aws_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <condition_variable>

#include "base/mask_secrets.h"
#include "connect/aws/address.h"
#include "connect/aws/prepared_call.h"

namespace capstan::aws {
namespace {

constexpr size_t kMostRoles = 1000;
constexpr int kUsualAttempts = 3;
constexpr int kLongestPresigned = 7 * 24 * 3600;

// "Auto Scaling" is AUTO_SCALING in the names of variables.
std::string variable_form(std::string_view service_id) {
  std::string name = "AWS_ENDPOINT_URL_";
  for (const char c : service_id) {
    name += c == ' ' || c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

std::shared_ptr<KeptCredentials> fixed(const Credentials& credentials, const Clock& clock) {
  return std::make_shared<KeptCredentials>([credentials](const std::stop_token&) { return credentials; }, clock);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

void mask(const Shape& shape, Json& value, std::string_view name, int depth) {
  if (depth > 100 || shape.is_document) return;
  if (value.is_string() && shape.allowed.empty()) {
    // What turns pages is called a token, too.
    const bool pages = contains(name, "Next") || contains(name, "next") || contains(name, "Continuation");
    if (shape.sensitive || (speaks_of_secret(name) && !pages)) value = kMask;
  } else if (value.is_array()) {
    for (Json& item : value.mutable_items()) mask(*shape.element.shape, item, name, depth + 1);
  } else if (shape.type == ShapeType::kMap) {
    for (auto& [key, item] : value.mutable_members()) mask(*shape.element.shape, item, key, depth + 1);
  } else if (value.is_object()) {
    for (auto& [key, item] : value.mutable_members()) {
      if (const Member* member = shape.find(key)) mask(*member->shape, item, key, depth + 1);
    }
  }
}

RetryMode retry_mode_of(const AwsSettings& settings, const Environment& environment) {
  if (settings.retry_mode) return *settings.retry_mode;
  return variable(environment, "AWS_RETRY_MODE") == "adaptive" ? RetryMode::kAdaptive : RetryMode::kStandard;
}

int most_attempts_of(const AwsSettings& settings, const Environment& environment) {
  if (settings.most_attempts > 0) return settings.most_attempts;
  const std::string_view text = variable(environment, "AWS_MAX_ATTEMPTS");
  int attempts = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), attempts);
  const bool good = error == std::errc() && end == text.data() + text.size() && attempts > 0 && attempts <= 100;
  return good ? attempts : kUsualAttempts;
}

}  // namespace

Status pause_for(Duration duration, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while waiting");
  return {};
}

ErrorCode error_code_of(const Refusal& refusal) {
  const std::string_view code = refusal.code;
  if (refusal.kind == RefusalKind::kThrottled || contains(code, "LimitExceeded")) return ErrorCode::kResourceExhausted;
  if (refusal.kind == RefusalKind::kTransient) return ErrorCode::kUnavailable;
  if (refusal.kind == RefusalKind::kExpired || code == "SignatureDoesNotMatch" || code == "InvalidAccessKeyId" ||
      code == "UnrecognizedClientException" || code == "AuthFailure" || code == "InvalidSignatureException") {
    return ErrorCode::kUnauthenticated;
  }
  if (contains(code, "AlreadyExist") || contains(code, "AlreadyOwned") || contains(code, ".Duplicate")) {
    return ErrorCode::kAlreadyExists;
  }
  if (refusal.status == 404 || contains(code, "NotFound") || code.starts_with("NoSuch")) return ErrorCode::kNotFound;
  if (refusal.status == 401) return ErrorCode::kUnauthenticated;
  if (refusal.status == 403 || contains(code, "AccessDenied") || contains(code, "Unauthorized")) {
    return ErrorCode::kPermissionDenied;
  }
  const bool in_the_way =
      contains(code, "InUse") || contains(code, "Conflict") || contains(code, "DependencyViolation");
  if (refusal.status == 409 || refusal.status == 412 || in_the_way || refusal.kind == RefusalKind::kSkewed) {
    return ErrorCode::kFailedPrecondition;
  }
  return ErrorCode::kInvalidArgument;
}

Error error_of(const std::string& name, const CallAnswer& answer) {
  const Refusal& refusal = *answer.answer.refusal;
  const ErrorCode code = error_code_of(refusal);
  std::string message = name + ": " + refusal.code;
  if (!refusal.message.empty()) message += ": " + refusal.message;
  const bool about_rights = code == ErrorCode::kUnauthenticated || code == ErrorCode::kPermissionDenied;
  if (about_rights && !answer.signed_by.empty()) message += "; asked with the credentials of " + answer.signed_by;
  std::string about = answer.answer.request_id.empty() ? "" : "request " + answer.answer.request_id;
  if (!answer.retries.empty()) {
    about += fmt::format("{}after {} attempts", about.empty() ? "" : ", ", answer.retries.size() + 1);
  }
  if (!about.empty()) message += " (" + about + ")";
  if (answer.may_have_happened) message += "; it may have happened";
  return {answer.may_have_happened ? ErrorCode::kDeadlineExceeded : code, std::move(message)};
}

Json without_secrets(const ServiceModel& model, std::string_view operation, const Json& output) {
  Json masked = output;
  const auto found = model.operations.find(operation);
  if (found != model.operations.end() && found->second.output.shape != nullptr) {
    mask(*found->second.output.shape, masked, "", 0);
  }
  return masked;
}

AwsClient::AwsClient(AwsSettings settings, AwsWorld world)
    : settings_(std::move(settings)),
      world_(std::move(world)),
      retry_mode_(retry_mode_of(settings_, world_.environment)),
      most_attempts_(most_attempts_of(settings_, world_.environment)),
      models_(settings_.model_directories),
      chain_(world_.environment, settings_.profile, world_.http, world_.clock,
             [this](std::string_view operation, const Json& input, const Credentials* as, const std::stop_token& stop) {
               return call_sts(operation, input, as, stop);
             }),
      own_(std::make_shared<KeptCredentials>([this](const std::stop_token& stop) { return chain_.obtain(stop); },
                                             world_.clock)) {}

AwsClient::~AwsClient() = default;

Result<std::shared_ptr<KeptCredentials>> AwsClient::credentials_of(const Role& role) {
  if (role.arn.empty()) return own_;
  return roles_.write([&](auto& roles) -> Result<std::shared_ptr<KeptCredentials>> {
    if (const auto known = roles.find(role); known != roles.end()) return known->second;
    if (roles.size() >= kMostRoles) {
      return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} AWS roles are in use", kMostRoles));
    }
    const auto assume = [this, role](const std::stop_token& stop) -> Result<Credentials> {
      return chain_.assume(role, TRY(own_->get(stop)), stop);
    };
    return roles.emplace(role, std::make_shared<KeptCredentials>(assume, world_.clock)).first->second;
  });
}

Result<Json> AwsClient::call_sts(std::string_view operation, Json input, const Credentials* as,
                                 const std::stop_token& stop) {
  CallOptions options;
  if (settings_.region.empty() && TRY(chain_.region()).empty()) options.region = "us-east-1";
  Prepared call = TRY(prepare("sts", operation, input, options));
  call.credentials = as == nullptr ? nullptr : fixed(*as, world_.clock);
  const std::string name = call.name();
  const CallAnswer answer = TRY(send(std::move(call), stop));
  if (answer.answer.refusal) {
    Error error = error_of(name, answer);
    if (error.code != ErrorCode::kUnavailable) error.code = ErrorCode::kUnauthenticated;
    return fail(std::move(error));
  }
  return answer.answer.output;
}

Result<std::string> AwsClient::region_of(const ServiceModel& model, const EndpointRules& rules,
                                         const CallOptions& options) {
  if (!options.region.empty()) return options.region;
  if (!settings_.region.empty()) return settings_.region;
  std::string region = TRY(chain_.region());
  if (!region.empty()) return region;
  if (rules.is_global(model.endpoint_prefix)) return std::string("us-east-1");
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: no region is given, none is in the environment (AWS_REGION) or in the profile", model.service));
}

Result<RequestAddress> AwsClient::address_of(const ServiceModel& model, const CallOptions& options, SigningScope& scope,
                                             bool& overridden) {
  const auto rules = TRY(models_.endpoints());
  const std::string region = TRY(region_of(model, *rules, options));
  std::string url = options.endpoint;
  for (const std::string_view key : {std::string_view(model.service), std::string_view()}) {
    const auto found = settings_.endpoints.find(key);
    if (url.empty() && found != settings_.endpoints.end()) url = found->second;
  }
  if (url.empty()) url = variable(world_.environment, variable_form(model.service_id));
  if (url.empty()) url = variable(world_.environment, "AWS_ENDPOINT_URL");
  overridden = !url.empty();
  const Result<Endpoint> endpoint = rules->resolve(model.endpoint_prefix, region, settings_.variant);
  if (!endpoint && !overridden) return fail(endpoint.error());
  scope.region = endpoint ? endpoint->signing_region : region;
  scope.service = endpoint && !endpoint->signing_name.empty() ? endpoint->signing_name : model.signing_name;
  scope.s3 = scope.service == "s3" || scope.service == "s3express" || scope.service == "s3-outposts";
  if (overridden) return parse_endpoint(url);
  return RequestAddress{.host = endpoint->host};
}

Result<AwsClient::Prepared> AwsClient::prepare(std::string_view service, std::string_view operation, Json& input,
                                               const CallOptions& options) {
  Prepared call;
  call.model = TRY(models_.service(service));
  call.operation = TRY(call.model->operation(operation));
  if (input.is_null()) input = Json::object();
  TRY(check_input(*call.model, *call.operation, input, options.input));
  fill_idempotency_tokens(*call.operation, input, world_.random);
  call.request = TRY(during(call.name(), write_request(*call.model, *call.operation, input)));
  bool overridden = false;
  call.address = TRY(during(call.name(), address_of(*call.model, options, call.scope, overridden)));
  call.scope.unsigned_payload = call.operation->unsigned_payload;
  if (call.model->endpoint_prefix == "s3") {
    TRY(during(call.name(), place_bucket(*call.operation, input, overridden, call.address, call.request)));
    // A new bucket comes to be where it was asked for.
    if (!overridden && operation != "CreateBucket") call.bucket = input["Bucket"].string_or_empty();
  }
  if (!overridden) call.address.host = call.request.host_prefix + call.address.host;
  if (!call.operation->is_unsigned) call.credentials = TRY(credentials_of(options.role));
  if (!call.bucket.empty()) {
    const std::string region = bucket_regions_.read([&](const auto& regions) {
      const auto found = regions.find(call.bucket);
      return found == regions.end() ? std::string() : found->second;
    });
    if (!region.empty()) place_in_region(call, region);
  }
  return call;
}

Result<CallAnswer> AwsClient::ask(std::string_view service, std::string_view operation, Json input,
                                  const CallOptions& options, const std::stop_token& stop) {
  return send(TRY(prepare(service, operation, input, options)), stop);
}

Result<Json> AwsClient::call(std::string_view service, std::string_view operation, const Json& input,
                             const CallOptions& options, const std::stop_token& stop) {
  CallAnswer answer = TRY(ask(service, operation, input, options, stop));
  if (answer.answer.refusal) return fail(error_of(fmt::format("{} {}", service, operation), answer));
  return std::move(answer.answer.output);
}

Result<std::string> AwsClient::presigned_url(std::string_view service, std::string_view operation, Json input,
                                             int expires_s, const CallOptions& options, const std::stop_token& stop) {
  if (expires_s < 1 || expires_s > kLongestPresigned) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("expected 1 to {} seconds", kLongestPresigned));
  }
  Prepared call = TRY(prepare(service, operation, input, options));
  const Protocol protocol = call.model->protocol;
  if (protocol == Protocol::kQuery || protocol == Protocol::kEc2) {
    call.request.query = TRY(parse_query(call.request.body));  // What was a form becomes the query.
    call.request.body.clear();
    call.request.headers.clear();
    call.request.method = "GET";
  }
  if (!call.request.body.empty() || call.credentials == nullptr) {
    return fail(ErrorCode::kInvalidArgument,
                call.name() + ": only what is signed and has no body of its own can be a pre-signed URL");
  }
  // What is signed has to be sent, and whoever opens the URL should not have to know that.
  std::erase_if(call.request.headers, [](const auto& header) { return header.first == "Accept"; });
  const Credentials credentials = TRY(during(call.name(), call.credentials->get(stop)));
  return presign(call.request, call.address, call.scope, credentials, their_now(*call.model), expires_s);
}

}  // namespace capstan::aws
