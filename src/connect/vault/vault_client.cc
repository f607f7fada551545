#include "connect/vault/vault_client.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/mask_secrets.h"
#include "base/url.h"

namespace capstan::vault {
namespace {

constexpr Duration kTimeout{15'000};
constexpr size_t kLargestAnswer = 4 << 20;
constexpr size_t kShortestMasked = 4;

void mask(std::string& text, std::string_view secret) {
  if (secret.size() < kShortestMasked) return;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kMask.size())) {
    text.replace(at, secret.size(), kMask);
  }
}

// All that was sent, but the names of roles, which a mistake is often about.
void mask_sent(std::string& text, const Json& sent) {
  if (sent.is_string()) mask(text, sent.string_or_empty());
  for (const auto& [name, value] : sent.members()) {
    if (name != "role") mask_sent(text, value);
  }
}

}  // namespace

VaultClient::VaultClient(const VaultSettings& settings, HttpClient& http, SecretHeard heard)
    : address_(settings.address),
      name_space_(settings.name_space),
      tls_{.ca_file = settings.ca_file,
           .certificate_file = settings.certificate_file,
           .key_file = settings.key_file,
           .ca_pem = {},
           .certificate_pem = {},
           .key_pem = {},
           .server_name = settings.server_name},
      http_(http),
      heard_(std::move(heard)) {}

HttpRequest VaultClient::request_of(const VaultCall& call, const Secret& token) const {
  HttpRequest request{.method = call.method, .url = fmt::format("{}/v1/{}", address_, call.path)};
  // Agents and proxies of Vault may insist on this one, against forged requests.
  request.headers.emplace_back("X-Vault-Request", "true");
  if (!token.empty()) request.headers.emplace_back("X-Vault-Token", token.reveal());
  if (!name_space_.empty()) request.headers.emplace_back("X-Vault-Namespace", name_space_);
  if (!call.body.is_null()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = call.body.dump();
  }
  request.timeout = kTimeout;
  request.max_response_bytes = kLargestAnswer;
  request.tls = tls_;
  return request;
}

Result<VaultAnswer> VaultClient::ask(const VaultCall& call, const Secret& token) const {
  const Result<HttpResponse> response = http_.send(request_of(call, token));
  Result<VaultAnswer> answer = response ? read_answer(*response) : fail(response.error());
  if (!answer) {
    mask(answer.error().message, token.reveal());
    mask_sent(answer.error().message, call.body);
    answer.error().message = fmt::format("Vault at {}: {}", http_origin(address_), answer.error().message);
    return answer;
  }
  if (answer->login) heard_(answer->login->token.reveal());
  for (std::string& warning : answer->warnings) {
    mask(warning, token.reveal());
    mask_sent(warning, call.body);
    log::warning("vault", warning);
  }
  return answer;
}

std::string encode_path(std::string_view path) {
  std::string encoded;
  while (true) {
    const size_t slash = path.find('/');
    encoded += percent_encode(path.substr(0, slash));
    if (slash == std::string_view::npos) return encoded;
    encoded += '/';
    path.remove_prefix(slash + 1);
  }
}

}  // namespace capstan::vault
