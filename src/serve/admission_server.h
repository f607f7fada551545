// The address that Kubernetes' API servers ask before they take a change, apart from the page's: it speaks HTTPS only,
// answers nothing else, and needs no login, for an API server has none to give.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_server.h"
#include "loop/control.h"
#include "loop/settings.h"

namespace capstan::serve {

class AdmissionServer {
 public:
  // Serves POST /admission/<cluster> from the moment it returns. `control` must outlive the server.
  static Result<std::unique_ptr<AdmissionServer>> start(const std::string& listen, HttpServerTls tls,
                                                        loop::Control& control);
  virtual ~AdmissionServer() = default;

  virtual const std::string& address() const = 0;
  // Another certificate, for the connections that begin from now on; nothing happens where it is the same. An error
  // leaves the one it has.
  virtual Status renew(const HttpServerTls& tls) = 0;
  // Nothing calls `control` afterwards.
  virtual void stop() = 0;
};

// What the settings name; without a certificate there, one that Capstan makes and keeps beside its data
// (admission.crt, admission.key), made anew when the names differ or it is about to end.
Result<HttpServerTls> admission_tls(const loop::AdmissionSettings& settings, const std::filesystem::path& data,
                                    Time now);

}  // namespace capstan::serve
