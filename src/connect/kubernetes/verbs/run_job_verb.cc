#include "connect/kubernetes/verbs/run_job_verb.h"

#include <fmt/format.h>

#include "base/crypto.h"
#include "model/performed.h"

namespace capstan::kubernetes {
namespace {

constexpr std::string_view kActionAnnotation = "capstan/action";
// A job's name becomes a label's value of its pods, with five characters more.
constexpr size_t kLongestName = 52;

bool is_ours(const Json& job, const Action& action) {
  return job["metadata"]["annotations"][kActionAnnotation].string_or_empty() == action.id;
}

Json job_manifest(const Json& cron_job, const std::string& name, const Action& action) {
  const Json& metadata = cron_job["metadata"];
  const Json& job_template = cron_job["spec"]["jobTemplate"];
  Json annotations = job_template["metadata"]["annotations"];
  if (!annotations.is_object()) annotations = Json::object();
  annotations.set("cronjob.kubernetes.io/instantiate", "manual");  // As kubectl marks them.
  annotations.set(std::string(kActionAnnotation), action.id);
  const Json owner = Json::object({{"apiVersion", cron_job["apiVersion"]},
                                   {"kind", "CronJob"},
                                   {"name", metadata["name"]},
                                   {"uid", metadata["uid"]},
                                   {"controller", true}});
  Json of_job = Json::object({{"name", name}, {"annotations", std::move(annotations)}});
  if (job_template["metadata"]["labels"].is_object()) of_job.set("labels", job_template["metadata"]["labels"]);
  of_job.set("ownerReferences", Json::array({owner}));
  return Json::object(
      {{"apiVersion", "batch/v1"}, {"kind", "Job"}, {"metadata", of_job}, {"spec", job_template["spec"]}});
}

}  // namespace

RunJobVerb::RunJobVerb(std::vector<std::string> target_kinds, const ClusterReach& reach)
    : ObjectVerb({.name = "kubernetes.run_job",
                  .title = "Run now",
                  .help = "Makes a job of the cron job's template now.",
                  .target_kinds = std::move(target_kinds),
                  .parameters = {},
                  .danger = Danger::kDisruptive,
                  .idempotent = true,
                  .undoable = false},
                 reach) {}

Result<ObjectVerb::Object> RunJobVerb::job_of(const Action& action, const Resource& target) const {
  Object object = TRY(find(target));
  std::optional<ResourceType> type = object.contact->type_of("batch", "Job");
  if (!type) return fail(ErrorCode::kUnavailable, "the API server does not serve jobs now");
  object.type = *std::move(type);
  const std::string suffix = "-" + hex(sha256(action.id)).substr(0, 8);
  object.name.name = object.name.name.substr(0, kLongestName - suffix.size()) + suffix;
  return object;
}

Result<Json> RunJobVerb::state_before(const Resource& target, const Json&) {
  const Object object = TRY(find(target));
  const Json now = TRY(object.get());
  return identity(now);
}

Performed RunJobVerb::perform(const Action& action, const Resource& target, const Json& before,
                              const std::stop_token& stop) {
  const auto cron_job = find(target);
  if (!cron_job) return failed(quoted(cron_job.error()));
  const auto now = read(*cron_job, before, stop);
  if (!now) return not_performed(now.error());
  const auto job = job_of(action, target);
  if (!job) return failed(quoted(job.error()));
  const Json manifest = job_manifest(*now, job->name.name, action);
  const auto made = job->contact->client.create(job->type, job->name, manifest, {}, stop);
  if (!made && made.error().code != ErrorCode::kAlreadyExists) return not_performed(made.error());
  if (!made && probe(action, target, before) != ProbeAnswer::kHappened) return not_performed(made.error());
  return succeeded(Words::phrase("done.job_runs", {{"job", job->name.name}}), Json::object({{"job", job->name.name}}));
}

ProbeAnswer RunJobVerb::probe(const Action& action, const Resource& target, const Json&) {
  const auto job = job_of(action, target);
  if (!job) return ProbeAnswer::kCannotTell;
  const auto now = job->get();
  if (now) return is_ours(*now, action) ? ProbeAnswer::kHappened : ProbeAnswer::kDidNotHappen;
  // One that has ended may have been cleaned up.
  return ProbeAnswer::kCannotTell;
}

}  // namespace capstan::kubernetes
