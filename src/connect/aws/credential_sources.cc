#include "connect/aws/credential_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/fit.h"
#include "base/json.h"
#include "base/subprocess.h"
#include "base/trim.h"
#include "connect/aws/timestamps.h"

namespace capstan::aws {
namespace {

constexpr Duration kMetadataTimeout{2'000};
constexpr size_t kMaxTokenBytes = 1 << 20;

std::unexpected<Error> bad_answer(std::string_view source, std::string_view what) {
  return fail(ErrorCode::kUnauthenticated, fmt::format("the credentials of {}: {}", source, what));
}

HttpRequest small_request(std::string method, std::string url) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.connect_timeout = kMetadataTimeout;
  request.timeout = kMetadataTimeout * 2;
  request.max_response_bytes = 1 << 20;
  return request;
}

// The host of an http URL, without its port.
std::string_view host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  url = url.substr(0, url.find_first_of("/?#"));
  url.remove_prefix(url.rfind('@') + 1);
  if (url.starts_with('[')) return url.substr(1, url.find(']') - 1);
  return url.substr(0, url.find(':'));
}

bool may_be_plain(std::string_view host) {
  constexpr std::array<std::string_view, 6> kHosts = {"localhost",     "127.0.0.1",      "::1",
                                                      "169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
  return std::ranges::find(kHosts, host) != kHosts.end();
}

Result<std::string> agent_token(const Environment& environment) {
  const std::string_view file = variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (file.empty()) return std::string(variable(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN"));
  return std::string(trim(TRY(read_file(std::string(file), kMaxTokenBytes))));
}

}  // namespace

std::string_view variable(const Environment& environment, std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

Result<Credentials> read_credential_answer(std::string_view text, std::string_view source) {
  const Result<Json> answer = Json::parse(text);  // Its error would quote the text.
  if (!answer || !answer->is_object()) return bad_answer(source, "expected a JSON object");
  const Json& token = (*answer)["SessionToken"].is_string() ? (*answer)["SessionToken"] : (*answer)["Token"];
  Credentials credentials{.access_key_id = (*answer)["AccessKeyId"].string_or_empty(),
                          .secret_access_key = Secret((*answer)["SecretAccessKey"].string_or_empty()),
                          .session_token = Secret(token.string_or_empty()),
                          .expires = {},
                          .source = std::string(source)};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return bad_answer(source, "expected AccessKeyId and SecretAccessKey");
  }
  if (const Json& expires = (*answer)["Expiration"]; !expires.is_null()) {
    const Result<Time> time = read_timestamp(expires);
    if (!time) return bad_answer(source, "expected Expiration to be an RFC 3339 time");
    credentials.expires = *time;
  }
  return credentials;
}

Result<Credentials> ask_process(const std::string& command, const Environment& environment, const Clock& clock,
                                const std::stop_token& stop) {
  ProgramSpec program;
  program.argv = shell_command(command);
  program.environment.assign(environment.begin(), environment.end());
  const Result<ProgramOutcome> outcome = run_program(program, clock, stop);
  if (!outcome) return bad_answer("credential_process", outcome.error().message);
  if (outcome->end == ProgramOutcome::End::kCancelled) return fail(ErrorCode::kCancelled, "stopped");
  if (!outcome->succeeded()) return bad_answer("credential_process", "the program " + outcome->describe(program));
  return read_credential_answer(outcome->out, "credential_process");
}

Result<Credentials> ask_container_agent(const Environment& environment, HttpClient& http, const std::stop_token& stop) {
  constexpr std::string_view kSource = "the container's agent";
  std::string url(variable(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  const std::string_view relative = variable(environment, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (!relative.empty()) url = "http://169.254.170.2" + std::string(relative);
  if (url.empty()) return fail(ErrorCode::kNotFound, "no container's agent is named in the environment");
  if (!url.starts_with("https://") && !(url.starts_with("http://") && may_be_plain(host_of(url)))) {
    return bad_answer(kSource, "expected an https URL, or http to this machine, in AWS_CONTAINER_CREDENTIALS_FULL_URI");
  }
  HttpRequest request = small_request("GET", std::move(url));
  const std::string token = TRY(agent_token(environment));
  if (!token.empty()) request.headers.emplace_back("Authorization", token);
  const HttpResponse response = TRY(during("asking the container's agent for credentials", http.send(request, stop)));
  if (!response.ok()) return bad_answer(kSource, fmt::format("it answered {}", response.status));
  return read_credential_answer(response.body, kSource);
}

Result<Credentials> ask_instance_metadata(const Environment& environment, HttpClient& http,
                                          const std::stop_token& stop) {
  constexpr std::string_view kSource = "the machine's role";
  if (variable(environment, "AWS_EC2_METADATA_DISABLED") == "true") {
    return fail(ErrorCode::kNotFound, "the machine's metadata is disabled by AWS_EC2_METADATA_DISABLED");
  }
  std::string base(variable(environment, "AWS_EC2_METADATA_SERVICE_ENDPOINT"));
  if (base.empty()) base = "http://169.254.169.254";
  while (base.ends_with('/')) base.pop_back();
  HttpRequest ask_token = small_request("PUT", base + "/latest/api/token");
  ask_token.headers.emplace_back("X-aws-ec2-metadata-token-ttl-seconds", "300");
  const Result<HttpResponse> token = http.send(ask_token, stop);
  if (!token && token.error().code == ErrorCode::kCancelled) return fail(token.error());
  if (!token || !token->ok()) return fail(ErrorCode::kNotFound, "no metadata service answers: this is no EC2 machine");

  const std::string path = base + "/latest/meta-data/iam/security-credentials/";
  const auto get = [&](const std::string& url) {
    HttpRequest request = small_request("GET", url);
    request.headers.emplace_back("X-aws-ec2-metadata-token", token->body);
    return http.send(request, stop);
  };
  const HttpResponse role = TRY(during("asking for the machine's role", get(path)));
  const std::string name(trim(role.body.substr(0, role.body.find('\n'))));
  if (!role.ok() || name.empty()) return fail(ErrorCode::kNotFound, "the EC2 machine has no role");
  const HttpResponse answer = TRY(during("asking for the machine's credentials", get(path + percent_encode(name))));
  if (!answer.ok()) return bad_answer(kSource, fmt::format("the metadata service answered {}", answer.status));
  return read_credential_answer(answer.body, kSource);
}

}  // namespace capstan::aws
