#include "base/certificate.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <ctime>

#include "base/openssl_handle.h"

namespace capstan {
namespace {

constexpr size_t kLongestCommonName = 64;  // RFC 5280, ub-common-name.
constexpr size_t kSerialBytes = 16;

std::unexpected<Error> failed(std::string_view what) {
  return fail(ErrorCode::kInternal, fmt::format("{} could not be made", what));
}

bool is_address(const std::string& name) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, name.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

bool is_host_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '.' || c == '*' || c == '_';
  });
}

bool extend(X509* certificate, int kind, const std::string& value) {
  const OpensslHandle<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(length)};
}

bool set_serial(X509* certificate) {
  unsigned char bytes[kSerialBytes];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] &= 0x7f;  // Positive.
  const OpensslHandle<BIGNUM> number(BN_bin2bn(bytes, sizeof bytes, nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::vector<std::string>& names, Time from, Time to) {
  std::string alternatives;
  for (const std::string& name : names) {
    if (!alternatives.empty()) alternatives += ",";
    alternatives += (is_address(name) ? "IP:" : "DNS:") + name;
  }
  const std::string common = names[0].substr(0, kLongestCommonName);
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto seconds = [](Time time) { return static_cast<time_t>(time.time_since_epoch().count() / 1000); };
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(to)) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 && extend(certificate, NID_subject_alt_name, alternatives) &&
         extend(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
         extend(certificate, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
         extend(certificate, NID_ext_key_usage, "serverAuth") && X509_sign(certificate, key, EVP_sha256()) != 0;
}

std::string address_text(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(bytes) != 16) return {};
  return ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text) != nullptr ? text : "";
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const OpensslHandle<GENERAL_NAMES> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      names.push_back(address_text(name->d.iPAddress));
    }
  }
  return names;
}

}  // namespace

Result<CertificateAndKey> make_certificate(const std::vector<std::string>& names, Time from, Time to) {
  if (names.empty()) return fail(ErrorCode::kInvalidArgument, "a certificate needs a name");
  for (const std::string& name : names) {
    if (!is_address(name) && !is_host_name(name)) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no host name and no IP address", name));
    }
  }
  const OpensslHandle<EVP_PKEY> key(EVP_EC_gen("P-256"));
  const OpensslHandle<X509> certificate(X509_new());
  if (!key || !certificate || !fill(certificate.get(), key.get(), names, from, to)) return failed("a certificate");
  const OpensslHandle<BIO> certificate_text(BIO_new(BIO_s_mem()));
  const OpensslHandle<BIO> key_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed("the text of a certificate");
  }
  return CertificateAndKey{text_of(certificate_text.get()), text_of(key_text.get())};
}

Result<CertificateFacts> read_certificate(const std::string& pem) {
  const OpensslHandle<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const OpensslHandle<X509> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate) return fail(ErrorCode::kInvalidArgument, "expected a certificate in PEM");
  std::tm until{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &until) != 1) {
    return fail(ErrorCode::kInvalidArgument, "the certificate does not say until when it is good");
  }
  return CertificateFacts{.until = Time(Duration(static_cast<int64_t>(::timegm(&until)) * 1000)),
                          .names = names_of(certificate.get())};
}

}  // namespace capstan
