#include "loop/drift_hints.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/mask_secrets.h"

namespace capstan::loop {
namespace {

constexpr std::string_view kApplications = "/argoproj.io/Application/";
constexpr std::string_view kKustomizations = "/kustomize.toolkit.fluxcd.io/Kustomization/";
constexpr std::string_view kRepositories = "/source.toolkit.fluxcd.io/GitRepository/";

std::string text(const Json& value) { return value.string_or_empty(); }

std::string say(std::string_view what, const std::string& name, const std::string& url, const std::string& path) {
  std::string said = fmt::format("{} {}", what, name);
  // A URL may hold a password.
  if (!url.empty()) said += ", repository " + mask_argument(url);
  if (!path.empty()) said += ", path " + path;
  return said;
}

}  // namespace

DriftHints::DriftHints(const catalog::CatalogReader& catalog) {
  std::map<std::string, std::string> urls;  // Of Flux' repositories, by namespace and name.
  std::vector<Json> kustomizations;
  const auto found = catalog.resources("k8s_object");
  if (!found) return;
  for (const catalog::KnownResource& known : *found) {
    const ResourceId& id = known.resource.id;
    const bool is_application = id.find(kApplications) != ResourceId::npos;
    const bool is_kustomization = id.find(kKustomizations) != ResourceId::npos;
    const bool is_repository = id.find(kRepositories) != ResourceId::npos;
    if (!is_application && !is_kustomization && !is_repository) continue;
    const auto whole = catalog.resource(id);
    if (!whole || !*whole) continue;
    const Json& object = (*whole)->object;
    const std::string name = text(object["metadata"]["name"]);
    const Json& spec = object["spec"];
    if (is_application) {
      const Json& source =
          spec["source"].is_object() || spec["sources"].items().empty() ? spec["source"] : spec["sources"].items()[0];
      said_["argo/" + name] = say("application", name, text(source["repoURL"]), text(source["path"]));
    }
    if (is_repository) urls[text(object["metadata"]["namespace"]) + "/" + name] = text(spec["url"]);
    if (is_kustomization) kustomizations.push_back(object);
  }
  for (const Json& one : kustomizations) {
    const std::string space = text(one["metadata"]["namespace"]);
    const std::string name = text(one["metadata"]["name"]);
    const Json& source = one["spec"]["sourceRef"];
    const std::string of = source["namespace"].is_string() ? text(source["namespace"]) : space;
    said_[fmt::format("flux/{}/{}", space, name)] =
        say("kustomization", name, urls[of + "/" + text(source["name"])], text(one["spec"]["path"]));
  }
}

std::string DriftHints::defined_by(const Json& object) const {
  const Json& labels = object["metadata"]["labels"];
  const std::string tracking = text(object["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"]);
  const std::string instance =
      tracking.empty() ? text(labels["app.kubernetes.io/instance"]) : tracking.substr(0, tracking.find(':'));
  const std::string flux = fmt::format("flux/{}/{}", text(labels["kustomize.toolkit.fluxcd.io/namespace"]),
                                       text(labels["kustomize.toolkit.fluxcd.io/name"]));
  for (const std::string& mark : {"argo/" + instance, flux}) {
    if (const auto found = said_.find(mark); found != said_.end()) return found->second;
  }
  const std::string release = text(object["metadata"]["annotations"]["meta.helm.sh/release-name"]);
  return release.empty() ? "" : "Helm release " + release;
}

}  // namespace capstan::loop
