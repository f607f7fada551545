// Certificates that Capstan makes for itself, where nobody gives it one.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace capstan {

struct CertificateAndKey {
  std::string certificate_pem;
  std::string key_pem;
};

// A self-signed certificate of a P-256 key (RFC 5280) that a client trusts when it is given as its authority. Names are
// host names or IP addresses; the first is the common name, too. kInvalidArgument for a name that can be none.
Result<CertificateAndKey> make_certificate(const std::vector<std::string>& names, Time from, Time to);

// Until when the first certificate of a text is good, and for which names.
struct CertificateFacts {
  Time until;
  std::vector<std::string> names;
};
// kInvalidArgument for what is no certificate.
Result<CertificateFacts> read_certificate(const std::string& pem);

}  // namespace capstan
