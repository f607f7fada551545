#include <fmt/format.h>

#include "base/certificate.h"
#include "base/file.h"
#include "serve/admission_server.h"

namespace capstan::serve {
namespace {

constexpr Duration kDay{24LL * 3'600'000};
constexpr Duration kGood = 3650 * kDay;
constexpr Duration kRenewBefore = 30 * kDay;
constexpr size_t kLargestFile = 1 << 20;

bool is_good(const std::string& pem, const std::vector<std::string>& names, Time now) {
  const Result<CertificateFacts> facts = read_certificate(pem);
  return facts && facts->names == names && now + kRenewBefore < facts->until;
}

Result<HttpServerTls> own_certificate(const std::vector<std::string>& names, const std::filesystem::path& data,
                                      Time now) {
  const std::filesystem::path certificate_file = data / "admission.crt";
  const std::filesystem::path key_file = data / "admission.key";
  HttpServerTls tls;
  const Result<std::string> certificate = read_file(certificate_file, kLargestFile);
  const Result<std::string> key = read_file(key_file, kLargestFile);
  if (certificate && key && is_good(*certificate, names, now)) {
    tls.certificate_pem = *certificate;
    tls.key_pem = *key;
    return tls;
  }
  CertificateAndKey made = TRY(make_certificate(names, now - kDay, now + kGood));
  // A certificate without its key would be taken for good: the key comes first.
  TRY(write_file_atomically(key_file, made.key_pem, 0600));
  TRY(write_file_atomically(certificate_file, made.certificate_pem, 0644));
  tls.certificate_pem = std::move(made.certificate_pem);
  tls.key_pem = std::move(made.key_pem);
  return tls;
}

}  // namespace

Result<HttpServerTls> admission_tls(const loop::AdmissionSettings& settings, const std::filesystem::path& data,
                                    Time now) {
  HttpServerTls tls;
  if (settings.certificate_file.empty()) {
    std::vector<std::string> names = settings.names;
    if (names.empty()) names = {"capstan.capstan.svc", "localhost", "127.0.0.1"};
    tls = TRY(own_certificate(names, data, now));
  } else {
    tls.certificate_pem = TRY(read_file(settings.certificate_file, kLargestFile));
    tls.key_pem = TRY(read_file(settings.key_file, kLargestFile));
  }
  if (!settings.client_ca_file.empty()) tls.client_ca_pem = TRY(read_file(settings.client_ca_file, kLargestFile));
  return tls;
}

}  // namespace capstan::serve
