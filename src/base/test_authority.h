// A certificate authority for tests: certificates are made in memory, for a name or a client, and are worth nothing.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/openssl_handle.h"

namespace capstan {

struct TestIdentity {
  std::string certificate_pem;
  std::string key_pem;
};

class TestAuthority {
 public:
  TestAuthority() : key_(EVP_EC_gen("P-256")), certificate_(make("capstan test authority", "", key_.get())) {
    sign(certificate_.get(), "CA:TRUE");
  }

  std::string certificate_pem() const { return text_of(certificate_.get()); }

  // `names` as OpenSSL writes them: "DNS:api.example,IP:127.0.0.1"; "" for a client, which has a common name alone.
  TestIdentity issue(const std::string& common_name, const std::string& names) const {
    const std::unique_ptr<EVP_PKEY, FreeOpenssl> key(EVP_EC_gen("P-256"));
    const auto certificate = make(common_name, names, key.get());
    sign(certificate.get(), "CA:FALSE");
    const std::unique_ptr<BIO, FreeOpenssl> bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {text_of(certificate.get()), text_of(bio.get())};
  }

 private:
  using Certificate = std::unique_ptr<X509, FreeOpenssl>;

  Certificate make(const std::string& common_name, const std::string& names, EVP_PKEY* key) const {
    static long serial = 0;
    Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    if (!names.empty()) extend(made.get(), NID_subject_alt_name, names);
    return made;
  }

  void sign(X509* certificate, const std::string& constraints) const {
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate_ ? certificate_.get() : certificate));
    extend(certificate, NID_basic_constraints, "critical," + constraints);
    X509_sign(certificate, key_.get(), EVP_sha256());
  }

  static void extend(X509* certificate, int kind, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, FreeOpenssl> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    X509_add_ext(certificate, extension.get(), -1);
  }

  static std::string text_of(X509* certificate) {
    const std::unique_ptr<BIO, FreeOpenssl> bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(bio.get(), certificate);
    return text_of(bio.get());
  }
  static std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    return std::string(data, static_cast<size_t>(length));
  }

  std::unique_ptr<EVP_PKEY, FreeOpenssl> key_;
  Certificate certificate_;
};

}  // namespace capstan
