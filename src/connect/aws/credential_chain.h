// Who we are to AWS: the places where its tools look for credentials, in their order.
// Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers".
#pragma once

#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/json.h"
#include "base/result.h"
#include "connect/aws/config_file.h"
#include "connect/aws/credential_sources.h"

namespace capstan::aws {

// Asks STS; `as` is null for operations that nobody signs.
using StsCall = std::function<Result<Json>(std::string_view operation, const Json& input, const Credentials* as,
                                           const std::stop_token& stop)>;

// A role to take on.
struct Role {
  std::string arn;  // "" for none.
  std::string session_name = "capstan";
  std::string external_id;
  int duration_s = 0;  // 0 for the service's default.

  auto operator<=>(const Role&) const = default;
};

// Thread-safe.
class CredentialChain {
 public:
  // `profile` is the operator's choice; "" for AWS_PROFILE, else "default". The environment's keys come first unless
  // the operator chose.
  CredentialChain(Environment environment, std::string profile, HttpClient& http, const Clock& clock, StsCall sts)
      : environment_(std::move(environment)),
        profile_(std::move(profile)),
        http_(http),
        clock_(clock),
        sts_(std::move(sts)) {}

  // May take a minute. kUnauthenticated names what was tried.
  Result<Credentials> obtain(const std::stop_token& stop) const;
  Result<Credentials> assume(const Role& role, const Credentials& as, const std::stop_token& stop) const;
  // Of the environment or the profile; "" when nothing names one.
  Result<std::string> region() const;

 private:
  Result<Profiles> read_profiles() const;
  std::string chosen_profile() const;
  Result<Credentials> of_environment() const;
  Result<Credentials> of_web_identity(const std::string& token_file, const Role& role,
                                      const std::stop_token& stop) const;
  Result<Credentials> of_profile(const Profiles& profiles, const std::string& name, std::set<std::string>& seen,
                                 const std::stop_token& stop) const;
  Result<Credentials> of_role(const Profiles& profiles, const std::string& name, const ProfileSettings& profile,
                              std::set<std::string>& seen, const std::stop_token& stop) const;
  Result<Credentials> of_named_source(std::string_view source, const std::stop_token& stop) const;
  Result<Credentials> read_sts_answer(const Json& answer, const Role& role) const;

  const Environment environment_;
  const std::string profile_;
  HttpClient& http_;
  const Clock& clock_;
  const StsCall sts_;
};

}  // namespace capstan::aws
