#include "connect/kubernetes/in_cluster.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/trim.h"

namespace capstan::kubernetes {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

}  // namespace

Result<ClusterAccess> in_cluster_access(const Environment& environment, const std::filesystem::path& folder) {
  const std::string host = value_of(environment, "KUBERNETES_SERVICE_HOST");
  const std::string port = value_of(environment, "KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty()) {
    return fail(ErrorCode::kFailedPrecondition,
                "not within a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  ClusterAccess access;
  access.context = access.cluster = "in-cluster";
  access.server = "https://" + (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
  access.token_file = folder / "token";
  access.tls.ca_file = folder / "ca.crt";
  for (const std::string& file : {access.token_file, access.tls.ca_file}) {
    const Result<std::string> text = read_file(file, kMaxBytes);
    if (text) continue;
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the pod's service account is not mounted: {}", text.error().message));
  }
  const Result<std::string> name = read_file(folder / "namespace", kMaxBytes);
  access.default_namespace = name ? std::string(trim(*name)) : "default";
  return access;
}

}  // namespace capstan::kubernetes
