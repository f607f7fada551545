#include "foresee/autoscaler.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "foresee/made_pods.h"
#include "model/quantity.h"

namespace capstan::foresee {
namespace {

constexpr std::string_view kMetricsService = "v1beta1.metrics.k8s.io";
const Json kNone;

std::optional<double> quantity(const Json& value) {
  return value.is_number() ? std::optional(value.number_or(0)) : parse_quantity(value.string_or_empty());
}

const Json& condition(const Json& scaler, std::string_view type) {
  for (const Json& one : scaler["status"]["conditions"].items()) {
    if (one["type"].string_or_empty() == type) return one;
  }
  return kNone;
}

bool is_ready(const Json& pod) {
  return std::ranges::any_of(pod["status"]["conditions"].items(), [](const Json& one) {
    return one["type"].string_or_empty() == "Ready" && one["status"].string_or_empty() == "True";
  });
}

// The member of a metric that says what it is about: "resource", "containerResource", "pods", "object", "external".
std::string body_of(const Json& metric) {
  std::string name = metric["type"].string_or_empty();
  if (!name.empty()) name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  return name;
}

// Metrics as v2 has them; v1 knows processors only.
Json metrics_of(const Json& spec) {
  if (spec["metrics"].is_array()) return spec["metrics"];
  const Json percent =
      spec.contains("targetCPUUtilizationPercentage") ? spec["targetCPUUtilizationPercentage"] : Json(80);
  return Json::array({Json::object(
      {{"type", "Resource"},
       {"resource",
        Json::object({{"name", "cpu"},
                      {"target", Json::object({{"type", "Utilization"}, {"averageUtilization", percent}})}})}})});
}

std::string metric_name(const Json& metric) {
  const std::string body = body_of(metric);
  const Json& about = metric[body];
  if (body == "resource") return about["name"].string_or_empty();
  if (body == "containerResource") {
    return fmt::format("{} of container {}", about["name"].string_or_empty(), about["container"].string_or_empty());
  }
  return fmt::format("{}/{}", body, about["metric"]["name"].string_or_empty());
}

std::string amount_text(const Json& value) {
  return value.is_string() ? value.string_or_empty() : fmt::format("{}", value.number_or(0));
}

// Containers that ask for nothing of a resource: of them no share can be told.
std::vector<std::string> without_request(const Json& workload, std::string_view resource) {
  std::vector<std::string> names;
  const Json& spec = workload["spec"]["template"]["spec"];
  if (spec["resources"]["requests"].contains(resource)) return names;
  for (const Json& container : spec["containers"].items()) {
    const Json& resources = container["resources"];
    if (resources["requests"].contains(resource) || resources["limits"].contains(resource)) continue;
    names.push_back(container["name"].string_or_empty());
  }
  return names;
}

// What to do about a metric that cannot be read.
std::string remedy_of(std::string_view problem) {
  if (problem.find("no metrics server") != std::string_view::npos) return "Install a metrics server.";
  if (problem.find("share of") != std::string_view::npos) return "Set requests on those containers.";
  return "See to it that the metric is served.";
}

// Explains one autoscaler.
class Explainer {
 public:
  Explainer(const Json& scaler, const ClusterObjects& objects, AutoscalerView& view, Time now)
      : scaler_(scaler), spec_(scaler["spec"]), objects_(objects), view_(view), now_(now) {}

  void explain() {
    const Json& target = spec_["scaleTargetRef"];
    const std::string& kind = target["kind"].string_or_empty();
    const std::string& name = target["name"].string_or_empty();
    view_.name = fmt::format("{}/{}", space_of(scaler_), name_of(scaler_));
    view_.target = fmt::format("{}/{}", kind, name);
    view_.min = spec_["minReplicas"].int_or(1);
    view_.max = spec_["maxReplicas"].int_or(0);
    view_.conditions = scaler_["status"]["conditions"];
    workload_ = objects_.find(kind, space_of(scaler_), name);
    view_.current = scaler_["status"]["currentReplicas"].int_or(workload_ == nullptr ? 0 : wanted_replicas(*workload_));
    view_.desired = scaler_["status"]["desiredReplicas"].int_or(view_.current);
    tolerance_ = read_tolerance(spec_["behavior"]);
    count_pods();
    const Json metrics = metrics_of(spec_);
    for (const Json& metric : metrics.items()) read_metric(metric);
    view_.bounds = bounds_by_policies(spec_["behavior"], view_.current, view_.changes, now_);
    judge();
  }

 private:
  void count_pods() {
    view_.pods.current = view_.current;
    if (workload_ == nullptr) return;
    for (const Json* pod : pods_of(*workload_, objects_)) ++(is_ready(*pod) ? view_.pods.measured : view_.pods.unready);
  }

  const Json& current_of(const Json& metric) const {
    const std::string body = body_of(metric);
    for (const Json& one : scaler_["status"]["currentMetrics"].items()) {
      if (one["type"] == metric["type"] && metric_name(one) == metric_name(metric)) return one[body]["current"];
    }
    return kNone;
  }

  void read_metric(const Json& metric) {
    MetricView read{.name = metric_name(metric)};
    const std::string body = body_of(metric);
    const Json& target = metric[body]["target"];
    const Json& now = current_of(metric);
    if (body == "resource") read.problem = unreadable(metric[body]["name"].string_or_empty(), target);
    if (target.contains("averageUtilization")) {
      const double wanted = target["averageUtilization"].number_or(0);
      read.target = fmt::format("{}%", wanted);
      if (now["averageUtilization"].is_number() && wanted > 0) {
        read.now = fmt::format("{}%", now["averageUtilization"].number_or(0));
        read.ratio = now["averageUtilization"].number_or(0) / wanted;
        read.wants = by_ratio(*read.ratio, body);
      }
    } else if (target.contains("averageValue")) {
      read_average(target["averageValue"], now, body, read);
    } else if (target.contains("value")) {
      read.target = amount_text(target["value"]);
      const std::optional<double> wanted = quantity(target["value"]), has = quantity(now["value"]);
      if (wanted && has && *wanted > 0) {
        read.now = amount_text(now["value"]);
        read.ratio = *has / *wanted;
        // Of all pods together: those that are not ready bear nothing of it.
        read.wants = replicas_by_ratio(*read.ratio, {.current = view_.current, .measured = ready()}, tolerance_);
      }
    }
    if (read.wants) view_.wants = std::max(view_.wants.value_or(0), *read.wants);
    view_.metrics.push_back(std::move(read));
  }

  void read_average(const Json& target, const Json& now, const std::string& body, MetricView& read) {
    read.target = amount_text(target) + " each";
    const std::optional<double> wanted = quantity(target), has = quantity(now["averageValue"]);
    if (!wanted || !has || *wanted <= 0) return;
    read.now = amount_text(now["averageValue"]) + " each";
    read.ratio = *has / *wanted;
    const bool is_total = body == "object" || body == "external";
    read.wants = is_total
                     ? replicas_by_total(*has * static_cast<double>(view_.current), *wanted, view_.current, tolerance_)
                     : by_ratio(*read.ratio, body);
  }

  int64_t ready() const { return view_.pods.measured > 0 ? view_.pods.measured : view_.current; }

  int64_t by_ratio(double ratio, const std::string& body) const {
    MeasuredPods pods = view_.pods;
    // Nothing is known of the pods themselves: as if all were well.
    if (pods.measured == 0) pods = {.current = view_.current, .measured = view_.current};
    // Memory is used from the start; processors and what pods count are not.
    if (body == "resource" && ratio > 1 && pods.unready > 0 && is_memory_)
      pods.measured += std::exchange(pods.unready, 0);
    return replicas_by_ratio(ratio, pods, tolerance_);
  }

  std::string unreadable(const std::string& resource, const Json& target) {
    is_memory_ = resource == "memory";
    if (workload_ != nullptr && target.contains("averageUtilization")) {
      const std::vector<std::string> names = without_request(*workload_, resource);
      if (!names.empty()) {
        return fmt::format("{} {} of {} {} for no {}, so there is nothing to take a share of",
                           names.size() == 1 ? "container" : "containers", fmt::join(names, ", "), view_.target,
                           names.size() == 1 ? "asks" : "ask", resource);
      }
    }
    if (objects_.of("APIService").empty()) return "";
    const Json* service = objects_.find("APIService", "", kMetricsService);
    if (service == nullptr) return "the cluster has no metrics server (no API metrics.k8s.io)";
    for (const Json& one : (*service)["status"]["conditions"].items()) {
      if (one["type"].string_or_empty() == "Available" && one["status"].string_or_empty() == "False") {
        return fmt::format("the metrics server does not answer: {}", one["message"].string_or_empty());
      }
    }
    return "";
  }

  void say(std::string says, std::string remedy, bool is_wrong) {
    view_.says = std::move(says);
    view_.remedy = std::move(remedy);
    view_.is_wrong = is_wrong;
  }

  // The metric that wants most.
  const MetricView* leading() const {
    const MetricView* best = nullptr;
    for (const MetricView& metric : view_.metrics) {
      if (metric.wants && (best == nullptr || *metric.wants > *best->wants)) best = &metric;
    }
    return best;
  }

  std::string problems() const {
    std::vector<std::string> all;
    for (const MetricView& metric : view_.metrics) {
      if (!metric.problem.empty()) all.push_back(fmt::format("{}: {}", metric.name, metric.problem));
    }
    return fmt::format("{}", fmt::join(all, "; "));
  }

  void judge() {
    const Json& able = condition(scaler_, "AbleToScale");
    const Json& active = condition(scaler_, "ScalingActive");
    const bool known_kind = ClusterObjects::matters(spec_["scaleTargetRef"]["kind"].string_or_empty());
    const bool reads = active["status"].string_or_empty() != "False";
    if (workload_ == nullptr && known_kind) {
      return say(fmt::format("its target {} does not exist", view_.target), "Correct scaleTargetRef.", true);
    }
    if (workload_ != nullptr && wanted_replicas(*workload_) == 0 && view_.min > 0) {
      return say("its target has 0 replicas, which turns it off", "Give the target at least one replica.", false);
    }
    if (able["status"].string_or_empty() == "False") {
      return say(fmt::format("it cannot scale: {}", able["message"].string_or_empty()),
                 "See to it that the target has a scale subresource that it may use.", true);
    }
    if (!reads) return say_unreadable(active);
    if (!view_.wants) return say_unmeasured();
    say_measured(able);
  }

  void say_unreadable(const Json& active) {
    const std::string why = problems();
    const std::string& reason = active["reason"].string_or_empty();
    if (reason == "ScalingDisabled") return say("its target has 0 replicas, which turns it off", "", false);
    say(fmt::format("it cannot read its metrics and stays at {}: {}", view_.current,
                    why.empty() ? active["message"].string_or_empty() : why),
        remedy_of(why), true);
  }

  // Only what its status says is known.
  void say_unmeasured() {
    if (const std::string why = problems(); !why.empty()) {
      return say(fmt::format("it will not scale: {}", why), remedy_of(why), true);
    }
    const Json& limited = condition(scaler_, "ScalingLimited");
    if (limited["reason"].string_or_empty() == "TooManyReplicas") return say_at_maximum("");
    if (scaler_["status"]["conditions"].items().empty()) {
      return say("the controller has not looked at it yet: it has no status", "", false);
    }
    const std::string& message = limited["message"].string_or_empty();
    say(fmt::format("it has {} and wants {}; what it measured is not known here{}{}", view_.current, view_.desired,
                    message.empty() ? "" : ": ", message),
        "", false);
  }

  void say_at_maximum(const std::string& who) {
    say(fmt::format("at {} of {}{}", view_.current, view_.max, who.empty() ? ", and it would go further" : ", " + who),
        view_.wants ? fmt::format("Raise maxReplicas to {}, or lessen the load of each pod.", *view_.wants)
                    : "Raise maxReplicas, or lessen the load of each pod.",
        true);
  }

  void say_measured(const Json& able) {
    const MetricView& lead = *leading();
    const int64_t wants = *view_.wants, current = view_.current;
    const std::string who = fmt::format("{} is at {} of {} and wants {}", lead.name, lead.now, lead.target, wants);
    const bool some_unread = std::ranges::any_of(view_.metrics, [](const MetricView& one) { return !one.wants; });
    if (wants > current && current >= view_.max) return say_at_maximum(who);
    if (wants > current) {
      const int64_t next = std::min({wants, view_.max, view_.bounds.most});
      if (next <= current)
        return say(fmt::format("{}, but its policies allow no more for now", who), "Widen behavior.scaleUp.", false);
      const Duration window = stabilization_window(spec_["behavior"], true);
      const std::string later = able["reason"].string_or_empty() == "ScaleUpStabilized"
                                    ? fmt::format(", once it has wanted so for {}", format_duration(window))
                                    : "";
      return say(fmt::format("{}: it goes from {} to {}{}", who, current, next, later),
                 wants > view_.max ? fmt::format("Its maximum of {} will not be enough.", view_.max) : "", false);
    }
    if (wants < current && current <= view_.min) {
      return say(fmt::format("at its minimum of {}: {}", view_.min, who), "Lower minReplicas to have fewer.", false);
    }
    if (wants < current && some_unread) {
      return say(fmt::format("{}, but it takes none away while another metric cannot be read", who),
                 "See to it that every metric is served.", true);
    }
    if (wants < current) {
      const int64_t next = std::max({wants, view_.min, view_.bounds.least});
      if (next >= current)
        return say(fmt::format("{}, but its policies take none away for now", who), "Widen behavior.scaleDown.", false);
      return say(fmt::format("{}: it goes from {} to {} once it has wanted no more for {}", who, current, next,
                             format_duration(stabilization_window(spec_["behavior"], false))),
                 "", false);
    }
    say(fmt::format(
            "{} is at {} of {}, which {} pods bear: more would come above {:.0f}% of the target, fewer below {:.0f}%",
            lead.name, lead.now, lead.target, current, 100 * (1 + tolerance_.up), 100 * fewer_below()),
        "", false);
  }

  // The ratio at which one pod less would do.
  double fewer_below() const {
    const auto current = static_cast<double>(view_.current);
    return current > 1 ? std::min((current - 1) / current, 1 - tolerance_.down) : 0;
  }

  const Json& scaler_;
  const Json& spec_;
  const ClusterObjects& objects_;
  AutoscalerView& view_;
  const Time now_;
  const Json* workload_ = nullptr;
  Tolerance tolerance_;
  bool is_memory_ = false;
};

}  // namespace

AutoscalerView explain_autoscaler(const Json& scaler, const ClusterObjects& objects, std::vector<ReplicaChange> changes,
                                  Time now) {
  AutoscalerView view;
  view.changes = std::move(changes);
  Explainer(scaler, objects, view, now).explain();
  return view;
}

}  // namespace capstan::foresee
