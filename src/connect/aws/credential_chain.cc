#include "connect/aws/credential_chain.h"

#include <fmt/format.h>

#include <charconv>

#include "base/file.h"
#include "base/trim.h"

namespace capstan::aws {
namespace {

constexpr size_t kMaxFileBytes = 4 << 20;

std::string setting(const ProfileSettings& profile, std::string_view name) {
  const auto found = profile.find(name);
  return found == profile.end() ? std::string() : found->second;
}

std::unexpected<Error> no_credentials(std::string what) { return fail(ErrorCode::kUnauthenticated, std::move(what)); }

// A file that is not there has nothing to say.
Result<Profiles> read_file_of(const std::string& path, ConfigFileKind kind) {
  const Result<std::string> text = read_file(path, kMaxFileBytes);
  if (!text && text.error().code == ErrorCode::kNotFound) return Profiles{};
  if (!text) return fail(text.error());
  return parse_config_file(*text, path, kind);
}

Role role_of(const ProfileSettings& profile) {
  Role role{.arn = setting(profile, "role_arn"), .external_id = setting(profile, "external_id")};
  if (const std::string name = setting(profile, "role_session_name"); !name.empty()) role.session_name = name;
  const std::string duration = setting(profile, "duration_seconds");
  std::from_chars(duration.data(), duration.data() + duration.size(), role.duration_s);
  return role;
}

bool is_nothing(const Result<Credentials>& credentials) {
  return !credentials && credentials.error().code == ErrorCode::kNotFound;
}

}  // namespace

std::string CredentialChain::chosen_profile() const {
  if (!profile_.empty()) return profile_;
  const std::string_view named = variable(environment_, "AWS_PROFILE");
  return named.empty() ? "default" : std::string(named);
}

Result<Profiles> CredentialChain::read_profiles() const {
  const std::string home(variable(environment_, "HOME"));
  const auto path = [&](std::string_view name, const char* otherwise) {
    const std::string_view named = variable(environment_, name);
    return named.empty() ? home + otherwise : std::string(named);
  };
  Profiles profiles = TRY(read_file_of(path("AWS_CONFIG_FILE", "/.aws/config"), ConfigFileKind::kConfig));
  Profiles keys =
      TRY(read_file_of(path("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"), ConfigFileKind::kCredentials));
  for (auto& [name, settings] : keys) {
    for (auto& [key, value] : settings) profiles[name].insert_or_assign(key, std::move(value));
  }
  return profiles;
}

Result<std::string> CredentialChain::region() const {
  for (const std::string_view name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (const std::string_view region = variable(environment_, name); !region.empty()) return std::string(region);
  }
  const Profiles profiles = TRY(read_profiles());
  const auto found = profiles.find(chosen_profile());
  return found == profiles.end() ? std::string() : setting(found->second, "region");
}

Result<Credentials> CredentialChain::of_environment() const {
  Credentials credentials{.access_key_id = std::string(variable(environment_, "AWS_ACCESS_KEY_ID")),
                          .secret_access_key = Secret(std::string(variable(environment_, "AWS_SECRET_ACCESS_KEY"))),
                          .session_token = Secret(std::string(variable(environment_, "AWS_SESSION_TOKEN"))),
                          .expires = {},
                          .source = "the environment"};
  if (credentials.access_key_id.empty() && credentials.secret_access_key.empty()) {
    return fail(ErrorCode::kNotFound, "no keys are in the environment");
  }
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return no_credentials("expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY together");
  }
  return credentials;
}

Result<Credentials> CredentialChain::read_sts_answer(const Json& answer, const Role& role) const {
  return read_credential_answer(answer["Credentials"].dump(), role.arn);
}

Result<Credentials> CredentialChain::assume(const Role& role, const Credentials& as,
                                            const std::stop_token& stop) const {
  Json input = Json::object({{"RoleArn", role.arn}, {"RoleSessionName", role.session_name}});
  if (!role.external_id.empty()) input.set("ExternalId", role.external_id);
  if (role.duration_s > 0) input.set("DurationSeconds", role.duration_s);
  const Json answer = TRY(during("taking on the role " + role.arn, sts_("AssumeRole", input, &as, stop)));
  return read_sts_answer(answer, role);
}

Result<Credentials> CredentialChain::of_web_identity(const std::string& token_file, const Role& role,
                                                     const std::stop_token& stop) const {
  const std::string token = TRY(during("reading the web identity", read_file(token_file, kMaxFileBytes)));
  Json input = Json::object(
      {{"RoleArn", role.arn}, {"RoleSessionName", role.session_name}, {"WebIdentityToken", std::string(trim(token))}});
  if (role.duration_s > 0) input.set("DurationSeconds", role.duration_s);
  const Json answer = TRY(during("taking on the role " + role.arn + " by a web identity",
                                 sts_("AssumeRoleWithWebIdentity", input, nullptr, stop)));
  return read_sts_answer(answer, role);
}

Result<Credentials> CredentialChain::of_named_source(std::string_view source, const std::stop_token& stop) const {
  if (source == "Environment") return of_environment();
  if (source == "Ec2InstanceMetadata") return ask_instance_metadata(environment_, http_, stop);
  if (source == "EcsContainer") return ask_container_agent(environment_, http_, stop);
  return no_credentials("credential_source: expected Environment, Ec2InstanceMetadata or EcsContainer");
}

Result<Credentials> CredentialChain::of_role(const Profiles& profiles, const std::string& name,
                                             const ProfileSettings& profile, std::set<std::string>& seen,
                                             const std::stop_token& stop) const {
  const Role role = role_of(profile);
  if (const std::string file = setting(profile, "web_identity_token_file"); !file.empty()) {
    return of_web_identity(file, role, stop);
  }
  if (!setting(profile, "mfa_serial").empty()) {
    return fail(ErrorCode::kUnimplemented,
                fmt::format("the profile {} asks for a code by mfa_serial, which nobody is here to type", name));
  }
  if (const std::string source = setting(profile, "credential_source"); !source.empty()) {
    return assume(role, TRY(of_named_source(source, stop)), stop);
  }
  const std::string source = setting(profile, "source_profile");
  if (source.empty()) {
    return no_credentials(fmt::format(
        "the profile {} has role_arn: expected source_profile, credential_source or web_identity_token_file", name));
  }
  return assume(role, TRY(of_profile(profiles, source, seen, stop)), stop);
}

Result<Credentials> CredentialChain::of_profile(const Profiles& profiles, const std::string& name,
                                                std::set<std::string>& seen, const std::stop_token& stop) const {
  const auto found = profiles.find(name);
  if (found == profiles.end()) return fail(ErrorCode::kNotFound, fmt::format("there is no profile {}", name));
  const ProfileSettings& profile = found->second;
  const bool first_visit = seen.insert(name).second;
  Credentials keys{.access_key_id = setting(profile, "aws_access_key_id"),
                   .secret_access_key = Secret(setting(profile, "aws_secret_access_key")),
                   .session_token = Secret(setting(profile, "aws_session_token")),
                   .expires = {},
                   .source = "the profile " + name};
  // A profile may take on a role with its own keys: then it is its own source, once.
  if (first_visit && !setting(profile, "role_arn").empty()) return of_role(profiles, name, profile, seen, stop);
  if (!keys.access_key_id.empty() && !keys.secret_access_key.empty()) return keys;
  if (!first_visit) return no_credentials(fmt::format("the profile {} is its own source_profile by a circle", name));
  if (const std::string command = setting(profile, "credential_process"); !command.empty()) {
    return ask_process(command, environment_, clock_, stop);
  }
  if (!setting(profile, "sso_session").empty() || !setting(profile, "sso_start_url").empty()) {
    return fail(ErrorCode::kUnimplemented,
                fmt::format("the profile {} signs in by SSO, which a person does; give a service a role of its own, or "
                            "credential_process = aws configure export-credentials --profile …",
                            name));
  }
  return fail(ErrorCode::kNotFound, fmt::format("the profile {} has no credentials", name));
}

Result<Credentials> CredentialChain::obtain(const std::stop_token& stop) const {
  if (profile_.empty()) {
    if (Result<Credentials> found = of_environment(); !is_nothing(found)) return found;
    const std::string token_file(variable(environment_, "AWS_WEB_IDENTITY_TOKEN_FILE"));
    Role role{.arn = std::string(variable(environment_, "AWS_ROLE_ARN"))};
    if (const auto name = variable(environment_, "AWS_ROLE_SESSION_NAME"); !name.empty()) role.session_name = name;
    if (!token_file.empty() && !role.arn.empty()) return of_web_identity(token_file, role, stop);
  }
  const Profiles profiles = TRY(read_profiles());
  std::set<std::string> seen;
  Result<Credentials> profile = of_profile(profiles, chosen_profile(), seen, stop);
  const bool chosen = !profile_.empty() || !variable(environment_, "AWS_PROFILE").empty();
  if (!is_nothing(profile)) return profile;
  if (chosen) return no_credentials(profile.error().message);
  if (Result<Credentials> found = ask_container_agent(environment_, http_, stop); !is_nothing(found)) return found;
  Result<Credentials> machine = ask_instance_metadata(environment_, http_, stop);
  if (!is_nothing(machine)) return machine;
  return no_credentials(
      fmt::format("no AWS credentials: none in the environment; {}; no container's agent is named; {}",
                  profile.error().message, machine.error().message));
}

}  // namespace capstan::aws
