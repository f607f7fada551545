// Signs requests to one cluster: whatever the kubeconfig says the user is known by, kept fresh.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/result.h"
#include "connect/kubernetes/cluster_access.h"
#include "connect/kubernetes/exec_credential.h"

namespace capstan::kubernetes {

// Thread-safe. Token files are read again every minute; plugins are asked again when what they gave has expired, and
// both after the server has refused what they gave.
class Credentials {
 public:
  // `environment` is what plugins inherit.
  Credentials(ClusterAccess access, Environment environment, const Clock& clock);

  const ClusterAccess& access() const { return access_; }

  // Gives the request, which no one has signed yet, everything of the cluster and the user but its path: TLS, proxy,
  // token. May wait for a plugin, up to a minute. Gives the number of the proof that was used, for `refused`.
  Result<uint64_t> sign(HttpRequest& request, const std::stop_token& stop = {});

  // The server answered 401 to a request signed with that proof. True when a new one can be had: try once more.
  bool refused(uint64_t proof);

 private:
  Status refresh(const std::stop_token& stop);
  bool is_fresh() const;
  Result<Proof> obtain(const std::stop_token& stop) const;

  const ClusterAccess access_;
  const Environment environment_;
  const Clock& clock_;

  std::mutex mutex_;  // Held while a plugin runs: the others want its answer, too.
  std::optional<Proof> proof_;
  uint64_t number_ = 0;
  Duration obtained_{0};  // By the monotonic clock.
  std::optional<Error> failure_;
};

}  // namespace capstan::kubernetes
