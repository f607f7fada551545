// One call, by as many attempts as are safe and promise something.
#include <fmt/format.h>

#include <utility>

#include "connect/aws/prepared_call.h"
#include "connect/aws/timestamps.h"

namespace capstan::aws {
namespace {

constexpr Duration kToleratedSkew{4 * 60'000};
constexpr int kRegainedBySuccess = 1;
constexpr size_t kMostBuckets = 10'000;

// The error of a call, with what is known of whether it happened.
Error named(const std::string& call, Error error, bool in_doubt, int attempts) {
  error.message = call + ": " + error.message;
  if (attempts > 1) error.message += fmt::format(" (after {} attempts)", attempts);
  if (in_doubt) error.message += "; it may have happened";
  return error;
}

}  // namespace

SendRate& AwsClient::rate_of(const Prepared& call) {
  std::lock_guard lock(rates_mutex_);
  std::unique_ptr<SendRate>& rate = rates_[call.model->service + " " + call.scope.region];
  if (!rate) rate = std::make_unique<SendRate>(world_.clock);
  return *rate;
}

Status AwsClient::await_turn(const Prepared& call, const std::stop_token& stop) {
  if (retry_mode_ != RetryMode::kAdaptive) return {};
  const Duration wait = rate_of(call).reserve();
  if (wait.count() == 0) return {};
  return during(call.name(), world_.pause(wait, stop));
}

Time AwsClient::their_now(const ServiceModel& model) const {
  const Duration ahead = skew_.read([&](const auto& skew) {
    const auto found = skew.find(model.service);
    return found == skew.end() ? Duration(0) : found->second;
  });
  return world_.clock.now() + ahead;
}

Result<HttpRequest> AwsClient::signed_request(const Prepared& call, Tries& tries, const std::stop_token& stop) {
  WireRequest wire = call.request;
  if (call.credentials != nullptr) {
    tries.used = TRY(during(call.name(), call.credentials->get(stop)));
    sign(wire, call.address, call.scope, tries.used, their_now(*call.model));
  }
  HttpRequest request;
  request.method = wire.method;
  request.url = url_of(wire, call.address);
  request.headers = std::move(wire.headers);
  request.body = std::move(wire.body);
  request.timeout = settings_.timeout;
  request.max_response_bytes = settings_.max_response_bytes;
  request.accept_compressed = !call.scope.s3;  // An object is given as it was put.
  request.environment_proxy = true;
  request.tls.ca_file = variable(world_.environment, "AWS_CA_BUNDLE");
  request.path_as_is = true;
  return request;
}

// Whether the call goes to another region now. What stands before the region's own host stays.
bool AwsClient::place_in_region(Prepared& call, const std::string& region) {
  const auto rules = models_.endpoints();
  if (!rules || region == call.scope.region) return false;
  const Result<Endpoint> from = (*rules)->resolve(call.model->endpoint_prefix, call.scope.region, settings_.variant);
  const Result<Endpoint> to = (*rules)->resolve(call.model->endpoint_prefix, region, settings_.variant);
  if (!from || !to || !call.address.host.ends_with(from->host)) return false;
  call.address.host.replace(call.address.host.size() - from->host.size(), from->host.size(), to->host);
  call.scope.region = to->signing_region;
  return true;
}

// A bucket that is in another region is asked there, and from now on at once. The refusal says that nothing was done.
bool AwsClient::follow_bucket(Prepared& call, const Refusal& refusal) {
  if (call.bucket.empty() || refusal.region.empty() || !place_in_region(call, refusal.region)) return false;
  bucket_regions_.write([&](auto& regions) {
    if (regions.size() >= kMostBuckets) regions.clear();
    regions.insert_or_assign(call.bucket, refusal.region);
  });
  return true;
}

// Removes the cause of a refusal where that is in our hands: a clock that differs, credentials that have expired.
bool AwsClient::mend(const Prepared& call, const Tries& tries, const Refusal& refusal, const HttpResponse& response) {
  if (call.credentials == nullptr) return false;
  if (refusal.kind == RefusalKind::kExpired) {
    call.credentials->refused(tries.used);
    return true;
  }
  const Result<Time> theirs = read_timestamp(Json(response.header("Date")));
  if (!theirs) return false;
  const Duration ahead = *theirs - world_.clock.now();
  const bool differs = ahead > kToleratedSkew || ahead < -kToleratedSkew;
  if (differs) skew_.write([&](auto& skew) { skew.insert_or_assign(call.model->service, ahead); });
  return differs;
}

Status AwsClient::before_retry(const Prepared& call, Tries& tries, const Verdict& verdict,
                               const std::stop_token& stop) {
  tries.reasons.push_back(verdict.reason);
  tries.taken = verdict.cost;
  if (verdict.at_once) return {};
  const Status paused = world_.pause(backoff(tries.number, world_.random), stop);
  return paused ? paused : fail(named(call.name(), paused.error(), tries.in_doubt, tries.number));
}

Result<CallAnswer> AwsClient::send(Prepared call, const std::stop_token& stop) {
  Tries tries;
  while (true) {
    ++tries.number;
    TRY(await_turn(call, stop));
    const HttpRequest request = TRY(signed_request(call, tries, stop));
    const Result<HttpResponse> response = world_.http.send(request, stop);
    Result<ServiceAnswer> answer =
        response ? read_answer(*call.model, *call.operation, *response) : fail(response.error());
    const bool refused = answer && answer->refusal;
    if (retry_mode_ == RetryMode::kAdaptive) {
      rate_of(call).answered(refused && answer->refusal->kind == RefusalKind::kThrottled);
    }
    if (answer && !refused) {
      quota_.give_back(tries.taken > 0 ? tries.taken : kRegainedBySuccess);
      return CallAnswer{
          .answer = std::move(*answer), .signed_by = tries.used.source, .retries = std::move(tries.reasons)};
    }
    if (refused && !tries.moved && follow_bucket(call, *answer->refusal)) {
      tries.moved = true;
      tries.reasons.push_back(fmt::format("the bucket is in {}", call.scope.region));
      continue;
    }
    Verdict verdict = refused ? judge(*call.operation, *answer->refusal) : judge(*call.operation, answer.error());
    tries.in_doubt |= verdict.may_have_happened;
    if (verdict.at_once) {
      verdict.again = !std::exchange(tries.mended, true) && mend(call, tries, *answer->refusal, *response);
    }
    if (!verdict.again || tries.number >= most_attempts_ || !quota_.take(verdict.cost)) {
      if (!refused) return fail(named(call.name(), answer.error(), tries.in_doubt, tries.number));
      return CallAnswer{std::move(*answer), tries.in_doubt, tries.used.source, std::move(tries.reasons)};
    }
    TRY(before_retry(call, tries, verdict, stop));
  }
}

}  // namespace capstan::aws
