#include "foresee/scaling_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "foresee/autoscaler.h"
#include "foresee/placement_json.h"

namespace capstan::foresee {
namespace {

constexpr size_t kMostNodes = 20;  // Of the text; the JSON has all.

Json metric_json(const MetricView& metric) {
  Json json = Json::object(
      {{"name", metric.name}, {"target", metric.target}, {"now", metric.now}, {"problem", metric.problem}});
  if (metric.ratio) json.set("ratio", *metric.ratio);
  if (metric.wants) json.set("wants", *metric.wants);
  return json;
}

Json autoscaler_json(const AutoscalerView& view) {
  Json metrics = Json::array(), changes = Json::array();
  for (const MetricView& metric : view.metrics) metrics.push_back(metric_json(metric));
  for (const ReplicaChange& change : view.changes) {
    changes.push_back(Json::object({{"at", format_time(change.at)}, {"from", change.from}, {"to", change.to}}));
  }
  Json json = Json::object({{"name", view.name},
                            {"target", view.target},
                            {"current", view.current},
                            {"desired", view.desired},
                            {"min", view.min},
                            {"max", view.max},
                            {"ready", view.pods.measured},
                            {"unready", view.pods.unready},
                            {"may_go_to", Json::object({{"least", view.bounds.least}, {"most", view.bounds.most}})},
                            {"metrics", std::move(metrics)},
                            {"conditions", view.conditions},
                            {"changes", std::move(changes)},
                            {"says", view.says},
                            {"remedy", view.remedy},
                            {"is_wrong", view.is_wrong}});
  if (view.wants) json.set("wants", *view.wants);
  return json;
}

std::string autoscaler_text(const Json& one) {
  std::string text =
      fmt::format("{}  {}  {} of {} to {}\n", one["name"].string_or_empty(), one["target"].string_or_empty(),
                  one["current"].int_or(0), one["min"].int_or(0), one["max"].int_or(0));
  text += fmt::format("  {}\n", one["says"].string_or_empty());
  if (!one["remedy"].string_or_empty().empty()) text += fmt::format("  remedy: {}\n", one["remedy"].string_or_empty());
  for (const Json& metric : one["metrics"].items()) {
    const std::string& now = metric["now"].string_or_empty();
    text += fmt::format("  {}: {} of {}", metric["name"].string_or_empty(), now.empty() ? "not known" : now,
                        metric["target"].string_or_empty());
    if (metric.contains("wants")) text += fmt::format(", wants {}", metric["wants"].int_or(0));
    text += '\n';
  }
  for (const Json& change : one["changes"].items()) {
    text += fmt::format("  {}: {} -> {}\n", change["at"].string_or_empty(), change["from"].int_or(0),
                        change["to"].int_or(0));
  }
  return text;
}

std::string removals_text(const Json& removals) {
  std::string text;
  size_t lines = 0;
  for (const Json& one : removals.items()) {
    if (++lines > kMostNodes) return text + fmt::format("  … and {} more\n", removals.items().size() - kMostNodes);
    std::vector<std::string> blockers;
    for (const Json& blocker : one["blockers"].items()) blockers.push_back(blocker.string_or_empty());
    text +=
        fmt::format("  {} ({:.0f}% used): {}\n", one["node"].string_or_empty(), 100 * one["utilisation"].number_or(0),
                    blockers.empty() ? "could go" : fmt::format("{}", fmt::join(blockers, "; ")));
  }
  return text;
}

}  // namespace

Result<Json> scaling_report(const ClusterObjects& objects, const NodeGroupSettings& settings,
                            const ScalingQuestion& question) {
  Json scalers = Json::array();
  for (const auto& [key, scaler] : objects.of("HorizontalPodAutoscaler")) {
    if (!question.autoscaler.empty() && key != question.autoscaler && name_of(scaler) != question.autoscaler) continue;
    const auto changes = question.changes.find(key);
    scalers.push_back(autoscaler_json(explain_autoscaler(
        scaler, objects, changes == question.changes.end() ? std::vector<ReplicaChange>() : changes->second,
        question.now)));
  }
  Json notes = Json::array();
  for (const std::string& note : question.notes) notes.push_back(note);
  Json report = Json::object({{"cluster", objects.cluster()}, {"notes", std::move(notes)}});
  if (!question.autoscaler.empty() && scalers.items().empty()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("no autoscaler '{}': expected one as NAMESPACE/NAME", question.autoscaler));
  }
  report.set("autoscalers", std::move(scalers));
  if (!question.autoscaler.empty()) return report;
  ScheduleWorld world(objects);
  const NodeGroups groups(settings, world);
  const std::vector<PodNumber> waiting = world.waiting();
  Json pending = unplaced_json(world, waiting);
  // A pod that has a place by now is about to be put there.
  Scheduler scheduler(world);
  std::vector<PodNumber> hopeless;
  std::ranges::copy_if(waiting, std::back_inserter(hopeless),
                       [&](PodNumber pod) { return scheduler.feasible(pod).empty(); });
  report.set("pending", std::move(pending));
  report.set("scale_up", scale_up_json(plan_scale_up(world, groups, objects, hopeless)));
  report.set("scale_down", scale_down_json(plan_scale_down(world, groups, objects), world));
  report.set("groups", groups_json(groups, world));
  report.set("utilisation", utilisation_json(world));
  return report;
}

std::string scaling_text(const Json& report) {
  std::string text;
  const auto part = [&](std::string_view head, const std::string& body) {
    if (body.empty()) return;
    text += fmt::format("{}{}\n{}", text.empty() ? "" : "\n", head, body);
  };
  std::string scalers;
  for (const Json& one : report["autoscalers"].items()) scalers += autoscaler_text(one);
  part("autoscalers:", scalers);
  part("pending pods:", unplaced_text(report["pending"]));
  part("groups that could take them:", report["pending"].items().empty() ? "" : scale_up_text(report["scale_up"]));
  part("nodes that could go:", removals_text(report["scale_down"]));
  std::string notes;
  for (const Json& note : report["notes"].items()) notes += fmt::format("  {}\n", note.string_or_empty());
  part("note:", notes);
  return text.empty() ? "no autoscaler, no pending pod, no node\n" : text;
}

}  // namespace capstan::foresee
