// Calls any operation of any AWS service that there is a model of.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "connect/aws/credential_chain.h"
#include "connect/aws/input_check.h"
#include "connect/aws/kept_credentials.h"
#include "connect/aws/model_library.h"
#include "connect/aws/retry.h"
#include "connect/aws/service_answer.h"

namespace capstan::aws {

struct AwsSettings {
  std::vector<std::filesystem::path> model_directories = {std::string(kBotocoreModels)};
  std::string profile;  // "" for what the environment says.
  std::string region;   // The same.
  // By service, URLs in place of AWS' own endpoints; that of "" is for all.
  std::map<std::string, std::string, std::less<>> endpoints;
  EndpointVariant variant;
  std::optional<RetryMode> retry_mode;  // Nothing: what AWS_RETRY_MODE says, else the standard one.
  int most_attempts = 0;                // 0: what AWS_MAX_ATTEMPTS says, else 3.
  Duration timeout{60'000};             // Of one attempt.
  size_t max_response_bytes = 64 << 20;
};

// What arrives from outside. `pause` waits unless `stop` is requested, and gives kCancelled then.
struct AwsWorld {
  HttpClient& http;
  const Clock& clock;
  Random& random;
  Environment environment;
  std::function<Status(Duration, const std::stop_token& stop)> pause;
};
Status pause_for(Duration duration, const std::stop_token& stop);

struct CallOptions {
  std::string region;    // "" for the settings'.
  Role role;             // Taken on for the call, kept for the next one.
  std::string endpoint;  // "" for the settings'.
  InputRules input;
};

struct CallAnswer {
  ServiceAnswer answer;
  bool may_have_happened = false;    // Of a refusal: this attempt or an earlier one failed on the way.
  std::string signed_by;             // Where the credentials came from: "the profile dev".
  std::vector<std::string> retries;  // Why each attempt but the last was not enough.
};

struct PageOptions {
  size_t most_items = 100'000;
  // Called with each page's output; false ends it, and what was found so far is given.
  std::function<bool(const Json& page)> on_page;
};

// Thread-safe.
class AwsClient {
 public:
  AwsClient(AwsSettings settings, AwsWorld world);
  ~AwsClient();
  AwsClient(const AwsClient&) = delete;
  AwsClient& operator=(const AwsClient&) = delete;

  // The operation's output. Errors begin with service and operation; a refusal's has AWS' code, message and request id.
  // They end with "it may have happened" where nobody knows (kDeadlineExceeded, kCorrupt, kCancelled, and others after
  // such an attempt): nothing but reads and what is safe to repeat is repeated then.
  Result<Json> call(std::string_view service, std::string_view operation, const Json& input,
                    const CallOptions& options = {}, const std::stop_token& stop = {});
  // The same where a refusal is an answer, too.
  Result<CallAnswer> ask(std::string_view service, std::string_view operation, Json input,
                         const CallOptions& options = {}, const std::stop_token& stop = {});

  // All pages as one: the lists of all, and what is the same on each; a list without items is an empty one.
  // kResourceExhausted beyond `most_items`, kCorrupt where the pages lead in a circle.
  Result<Json> call_all(std::string_view service, std::string_view operation, Json input, const PageOptions& pages,
                        const CallOptions& options = {}, const std::stop_token& stop = {});

  // The same where a refusal is an answer, too.
  Result<CallAnswer> ask_all(std::string_view service, std::string_view operation, Json input, const PageOptions& pages,
                             const CallOptions& options = {}, const std::stop_token& stop = {});

  // Asks until the waiter of the model is content, and gives the last output. kFailedPrecondition when what is waited
  // for can no longer come, kDeadlineExceeded after the attempts that the model gives it.
  Result<Json> wait(std::string_view service, std::string_view waiter, const Json& input,
                    const CallOptions& options = {}, const std::stop_token& stop = {});

  // A URL by which anybody can make this call until it expires: as good as a secret.
  Result<std::string> presigned_url(std::string_view service, std::string_view operation, Json input, int expires_s,
                                    const CallOptions& options = {}, const std::stop_token& stop = {});

  ModelLibrary& models() { return models_; }

 private:
  struct Prepared;
  struct Tries;

  Result<Prepared> prepare(std::string_view service, std::string_view operation, Json& input,
                           const CallOptions& options);
  Result<RequestAddress> address_of(const ServiceModel& model, const CallOptions& options, SigningScope& scope,
                                    bool& overridden);
  Result<std::string> region_of(const ServiceModel& model, const EndpointRules& rules, const CallOptions& options);
  Result<std::shared_ptr<KeptCredentials>> credentials_of(const Role& role);
  Result<Json> call_sts(std::string_view operation, Json input, const Credentials* as, const std::stop_token& stop);
  Result<HttpRequest> signed_request(const Prepared& call, Tries& tries, const std::stop_token& stop);
  Status await_turn(const Prepared& call, const std::stop_token& stop);
  Time their_now(const ServiceModel& model) const;
  bool place_in_region(Prepared& call, const std::string& region);
  bool follow_bucket(Prepared& call, const Refusal& refusal);
  bool mend(const Prepared& call, const Tries& tries, const Refusal& refusal, const HttpResponse& response);
  Result<CallAnswer> send(Prepared call, const std::stop_token& stop);
  Status before_retry(const Prepared& call, Tries& tries, const Verdict& verdict, const std::stop_token& stop);
  SendRate& rate_of(const Prepared& call);

  const AwsSettings settings_;
  const AwsWorld world_;
  const RetryMode retry_mode_;
  const int most_attempts_;
  ModelLibrary models_;
  CredentialChain chain_;
  const std::shared_ptr<KeptCredentials> own_;
  Guarded<std::map<Role, std::shared_ptr<KeptCredentials>>> roles_;
  Guarded<std::map<std::string, std::string>> bucket_regions_;  // Of buckets that are elsewhere.
  Guarded<std::map<std::string, Duration>> skew_;               // By service: how far its clock is ahead of ours.
  RetryQuota quota_;
  std::mutex rates_mutex_;
  std::map<std::string, std::unique_ptr<SendRate>> rates_;  // By service and region.
};

// What a refusal is among our own errors.
ErrorCode error_code_of(const Refusal& refusal);

// The output without what its model or its names call a secret: for a terminal or a log.
Json without_secrets(const ServiceModel& model, std::string_view operation, const Json& output);

}  // namespace capstan::aws
