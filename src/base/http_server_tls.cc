#include "base/http_server_tls.h"

#include <fmt/format.h>

namespace capstan::http_server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

Status check(const error_code& error, std::string_view what) {
  if (!error) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} cannot be used: {}", what, error.message()));
}

}  // namespace

Result<std::unique_ptr<asio::ssl::context>> make_tls_context(const HttpServerTls& tls) {
  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  error_code error;
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                       asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  context->use_certificate_chain(asio::buffer(tls.certificate_pem), error);
  TRY(check(error, "the certificate"));
  context->use_private_key(asio::buffer(tls.key_pem), asio::ssl::context::pem, error);
  TRY(check(error, "the key of the certificate"));
  if (tls.client_ca_pem.empty()) return context;
  context->add_certificate_authority(asio::buffer(tls.client_ca_pem), error);
  TRY(check(error, "the authority of clients' certificates"));
  context->set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert, error);
  TRY(check(error, "the check of clients' certificates"));
  return context;
}

}  // namespace capstan::http_server
