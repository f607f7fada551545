#include "connect/kubernetes/exec_credential.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/file.h"
#include "base/fit.h"
#include "base/subprocess.h"

namespace capstan::kubernetes {
namespace {

constexpr Duration kTimeLimit{60'000};
constexpr size_t kMostOfALine = 200;
constexpr size_t kShortestSecret = 4;
constexpr size_t kMaxAuthorityBytes = 4 << 20;

std::string_view last_line(std::string_view text) {
  const size_t end = text.find_last_not_of(" \r\n\t");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const size_t begin = text.find_last_of("\r\n");
  return begin == std::string_view::npos ? text : text.substr(begin + 1);
}

// The plugin's words, without what its entry gave it to keep.
std::string said(const ExecPlugin& plugin, std::string_view errors) {
  std::string line(last_line(errors));
  for (const auto& [name, value] : plugin.environment) {
    if (value.size() < kShortestSecret) continue;
    for (size_t at = 0; (at = line.find(value, at)) != std::string::npos; at += 3)
      line.replace(at, value.size(), "***");
  }
  return line.empty() ? "" : ": " + fit_text(line, kMostOfALine);
}

void set_variable(Environment& environment, const std::string& name, const std::string& value) {
  const auto found = std::ranges::find(environment, name, [](const auto& variable) { return variable.first; });
  if (found != environment.end()) {
    found->second = value;
  } else {
    environment.emplace_back(name, value);
  }
}

std::unexpected<Error> bad_answer(std::string_view what) {
  return fail(ErrorCode::kUnauthenticated, fmt::format("the credential plugin's answer {}", what));
}

}  // namespace

std::string plugin_question(const ClusterAccess& access) {
  Json spec = Json::object({{"interactive", false}});
  if (access.plugin->provide_cluster_info) {
    Json cluster = Json::object({{"server", access.server}});
    if (!access.tls.server_name.empty()) cluster.set("tls-server-name", access.tls.server_name);
    if (!access.tls.verify) cluster.set("insecure-skip-tls-verify", true);
    std::string authority = access.tls.ca_pem;
    if (authority.empty() && !access.tls.ca_file.empty()) {
      authority = read_file(access.tls.ca_file, kMaxAuthorityBytes).value_or("");
    }
    if (!authority.empty()) cluster.set("certificate-authority-data", base64(authority));
    if (!access.proxy.empty()) cluster.set("proxy-url", access.proxy);
    if (!access.compressed) cluster.set("disable-compression", true);
    if (!access.plugin_config.is_null()) cluster.set("config", access.plugin_config);
    spec.set("cluster", std::move(cluster));
  }
  return Json::object({{"kind", "ExecCredential"}, {"apiVersion", access.plugin->api_version}, {"spec", spec}}).dump();
}

Result<Proof> read_plugin_answer(std::string_view text, std::string_view api_version) {
  const Result<Json> answer = Json::parse(text);
  if (!answer || !answer->is_object()) return bad_answer("is no JSON object");  // The parser's words would quote it.
  if ((*answer)["kind"].string_or_empty() != "ExecCredential") return bad_answer("is not of kind ExecCredential");
  if ((*answer)["apiVersion"].string_or_empty() != api_version) {
    return bad_answer(fmt::format("is not of apiVersion {}, which its entry asks for", api_version));
  }
  const Json& status = (*answer)["status"];
  Proof proof{.token = status["token"].string_or_empty(),
              .certificate_pem = status["clientCertificateData"].string_or_empty(),
              .key_pem = status["clientKeyData"].string_or_empty()};
  if (proof.certificate_pem.empty() != proof.key_pem.empty()) {
    return bad_answer("must have clientCertificateData and clientKeyData together");
  }
  if (proof.token.empty() && proof.certificate_pem.empty()) {
    return bad_answer("must have status.token or status.clientCertificateData");
  }
  if (const Json& expires = status["expirationTimestamp"]; !expires.is_null()) {
    const Result<Time> time = parse_time(expires.string_or_empty());
    if (!time) return bad_answer("has an expirationTimestamp that is no RFC 3339 time");
    proof.expires = *time;
  }
  return proof;
}

Result<Proof> ask_plugin(const ClusterAccess& access, const Environment& environment, const Clock& clock,
                         const std::stop_token& stop) {
  const ExecPlugin& plugin = *access.plugin;
  ProgramSpec program;
  program.argv = {plugin.command};
  program.argv.insert(program.argv.end(), plugin.arguments.begin(), plugin.arguments.end());
  program.environment = environment;
  for (const auto& [name, value] : plugin.environment) set_variable(program.environment, name, value);
  set_variable(program.environment, "KUBERNETES_EXEC_INFO", plugin_question(access));
  program.time_limit = kTimeLimit;
  const Result<ProgramOutcome> outcome = run_program(program, clock, stop);
  if (!outcome) {
    return fail(ErrorCode::kUnauthenticated,
                fmt::format("the credential plugin '{}' cannot be run: {}{}", plugin.command, outcome.error().message,
                            plugin.install_hint.empty() ? "" : " (" + fit_text(plugin.install_hint, 1000) + ")"));
  }
  if (outcome->end == ProgramOutcome::End::kCancelled) {
    return fail(ErrorCode::kCancelled, "stopped while waiting for a credential plugin");
  }
  if (!outcome->succeeded()) {
    return fail(ErrorCode::kUnauthenticated, fmt::format("the credential plugin '{}' {}{}", plugin.command,
                                                         outcome->describe(program), said(plugin, outcome->err)));
  }
  return read_plugin_answer(outcome->out, plugin.api_version);
}

}  // namespace capstan::kubernetes
