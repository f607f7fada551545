#include "loop/cluster_senses.h"

#include <fmt/format.h>

#include <thread>

#include "base/http_fetcher.h"
#include "base/worker_pool.h"
#include "connect/kubernetes/api_transport.h"
#include "connect/kubernetes/credentials.h"
#include "connect/kubernetes/in_cluster.h"
#include "loop/cluster_schemas.h"

namespace capstan::loop {
namespace {

constexpr size_t kWorkers = 2;
constexpr size_t kWaitingWork = 10'000;

// Events are no things, and there are more of them than of all else.
bool is_wanted(const kubernetes::ResourceType& type) {
  return kubernetes::ClusterWatch::is_worth_watching(type) && type.kind != "Event";
}

// As a shell reads "~/.kube/config".
std::filesystem::path in_home(const std::string& path, const kubernetes::Environment& environment) {
  if (!path.starts_with("~/")) return path;
  return std::filesystem::path(kubernetes::value_of(environment, "HOME")) / path.substr(2);
}

// Everything of the kinds that decides how an object becomes a resource.
std::string describe(const std::vector<KindSpec>& kinds) {
  std::string text;
  for (const KindSpec& kind : kinds) {
    if (!kind.objects || kind.objects->system != "kubernetes") continue;
    const ObjectSpec& objects = *kind.objects;
    text += fmt::format("{} {} {} {} {} {} {}", kind.name, objects.group, objects.resource, objects.type,
                        objects.name.text(), objects.labels.text(), fmt::join(objects.identity, ","));
    for (const JsonPath& path : objects.drop) text += " -" + path.text();
    for (const JsonPath& path : objects.mask) text += " *" + path.text();
    text += "\n";
  }
  return text;
}

}  // namespace

// In the order in which the members need each other; destroyed in reverse.
class ClusterSenses::Cluster {
 public:
  Cluster(kubernetes::ClusterAccess access, const std::vector<KindSpec>& kinds, const ClusterSink::Parts& parts,
          Random& random, const kubernetes::Environment& environment)
      : sink_(access.context, kinds, parts),
        credentials_(std::move(access), environment, parts.clock),
        transport_(http_, credentials_),
        contact_{
            .cluster = sink_.cluster(),
            .client = kubernetes::ApiClient(transport_),
            .pods = kubernetes::PodApi(transport_),
            .type_of = [this](std::string_view group, std::string_view kind) { return sink_.type_of(group, kind); }},
        watch_({.transport = transport_,
                .lists = lists_,
                .watches = watches_,
                .workers = workers_,
                .clock = parts.clock,
                .random = random,
                .sink = sink_},
               {}, is_wanted),
        thread_([this](const std::stop_token& stop) { watch_.run(stop); }) {}

  const kubernetes::ClusterContact& contact() const { return contact_; }
  ClusterSchemas& schemas() { return schemas_; }

 private:
  ClusterSink sink_;
  CurlHttpClient http_;
  CurlHttpFetcher lists_{1'000, HttpConnections::kOwn};
  CurlHttpFetcher watches_{10'000, HttpConnections::kShared};
  WorkerPool workers_{kWorkers, kWaitingWork};
  kubernetes::Credentials credentials_;
  kubernetes::ApiTransport transport_;
  kubernetes::ClusterContact contact_;
  kubernetes::OpenApiDocuments documents_{transport_};
  ClusterSchemas schemas_{documents_};
  kubernetes::ClusterWatch watch_;
  std::jthread thread_;
};

ClusterSenses::ClusterSenses(ClusterSink::Parts parts, Random& random, kubernetes::Environment environment)
    : parts_(std::move(parts)), random_(random), environment_(std::move(environment)) {}

ClusterSenses::~ClusterSenses() { stop(); }

void ClusterSenses::stop() {
  std::lock_guard lock(mutex_);
  clusters_.clear();
  ending_.clear();
}

Result<std::shared_ptr<const schema::ObjectSchemas>> ClusterSenses::schemas(
    const std::string& cluster, const std::vector<std::string>& api_versions) const {
  std::shared_ptr<Cluster> asked;
  {
    std::lock_guard lock(mutex_);
    for (const std::shared_ptr<Cluster>& one : clusters_) {
      if (one->contact().cluster == cluster || (cluster.empty() && clusters_.size() == 1)) asked = one;
    }
  }
  if (!asked) return nullptr;
  return asked->schemas().of(api_versions);  // Not under the lock: it waits for the API server.
}

Result<std::shared_ptr<const kubernetes::ClusterContact>> ClusterSenses::contact(std::string_view cluster) const {
  std::lock_guard lock(mutex_);
  for (const std::shared_ptr<Cluster>& one : clusters_) {
    if (one->contact().cluster == cluster || (cluster.empty() && clusters_.size() == 1)) {
      return std::shared_ptr<const kubernetes::ClusterContact>(one, &one->contact());
    }
  }
  if (clusters_.empty()) return fail(ErrorCode::kNotFound, "no Kubernetes cluster is watched");
  return fail(ErrorCode::kNotFound, cluster.empty() ? "several clusters are watched: name one"
                                                    : fmt::format("no cluster '{}' is watched", cluster));
}

bool ClusterSenses::take_begun() {
  std::lock_guard lock(mutex_);
  return std::exchange(begun_, false);
}

std::vector<std::string> ClusterSenses::names() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const std::shared_ptr<Cluster>& one : clusters_) names.push_back(one->contact().cluster);
  return names;
}

bool ClusterSenses::allows(std::string_view verb) const {
  std::lock_guard lock(mutex_);
  return allowed_.contains(verb);
}

std::vector<std::filesystem::path> ClusterSenses::files() const {
  std::lock_guard lock(mutex_);
  return files_of(settings_);
}

// None where the cluster is that in which Capstan runs, and no other is asked for.
std::vector<std::filesystem::path> ClusterSenses::files_of(const KubernetesSettings& settings) const {
  if (!settings.enabled) return {};
  if (settings.in_cluster && settings.kubeconfig.empty() && settings.contexts.empty()) return {};
  std::vector<std::filesystem::path> files;
  for (const std::string& file : settings.kubeconfig) files.push_back(in_home(file, environment_));
  return files.empty() ? kubernetes::kubeconfig_paths(environment_) : files;
}

Result<std::vector<kubernetes::ClusterAccess>> ClusterSenses::accesses(const KubernetesSettings& settings,
                                                                       std::vector<Error>& problems) const {
  std::vector<kubernetes::ClusterAccess> found;
  if (settings.in_cluster) found.push_back(TRY(kubernetes::in_cluster_access(environment_)));
  const std::vector<std::filesystem::path> files = files_of(settings);
  if (settings.in_cluster && files.empty()) return found;
  const kubernetes::Kubeconfig config = TRY(kubernetes::Kubeconfig::load(files));
  const std::vector<std::string> wanted = settings.contexts.empty() ? std::vector<std::string>{""} : settings.contexts;
  for (const std::string& context : wanted) {
    Result<kubernetes::ClusterAccess> access = config.access(context);
    if (access) {
      found.push_back(*std::move(access));
    } else {
      problems.push_back(std::move(access).error());
    }
  }
  return found;
}

std::vector<Error> ClusterSenses::apply(const KubernetesSettings& settings, const std::vector<KindSpec>& kinds) {
  std::lock_guard lock(mutex_);
  std::string described = describe(kinds);
  allowed_ = settings.allow;
  KubernetesSettings watched = settings;
  watched.allow.clear();
  // What was wrong may lie in a kubeconfig, which may have been mended.
  if (watched == settings_ && described == kinds_ && problems_.empty()) return {};
  settings_ = std::move(watched);
  kinds_ = std::move(described);
  problems_.clear();
  begun_ = true;
  // Not here: this is the loop's thread, for which their workers may wait.
  ending_.push_back(std::async(std::launch::async, [old = std::exchange(clusters_, {})]() mutable { old.clear(); }));
  if (!settings.enabled) return {};
  Result<std::vector<kubernetes::ClusterAccess>> found = accesses(settings, problems_);
  if (!found) {
    problems_.push_back(std::move(found).error());
  } else {
    for (kubernetes::ClusterAccess& access : *found) {
      clusters_.push_back(std::make_shared<Cluster>(std::move(access), kinds, parts_, random_, environment_));
    }
  }
  for (Error& problem : problems_) {
    if (problem.where.file.empty()) problem.where = settings.at;
  }
  return problems_;
}

}  // namespace capstan::loop
