#include "connect/kubernetes/gitops/argo_application.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "connect/kubernetes/gitops/applied_field.h"

namespace capstan::kubernetes {
namespace {

constexpr std::string_view kPaused = "capstan/paused";  // On the application: what for, and what that has made.
constexpr std::string_view kRespect = "RespectIgnoreDifferences=true";
constexpr std::string_view kReplicas = "/spec/replicas";

// What it takes to pause, as the annotation names it.
constexpr std::string_view kRules = "ignoreDifferences";
constexpr std::string_view kOptions = "syncOptions";

bool has_text(const Json& list, std::string_view text) {
  return std::ranges::any_of(list.items(), [&](const Json& item) { return item.string_or_empty() == text; });
}

void remove(Json& list, const Json& value) { std::erase(list.mutable_items(), value); }

Json rule_for(const SyncedObject& object) {
  return Json::object({{"group", object.group},
                       {"kind", object.kind},
                       {"name", object.name.name},
                       {"namespace", object.name.name_space},
                       {"jsonPointers", Json::array({kReplicas})}});
}

bool names(const Json& field, std::string_view value) {
  const std::string& text = field.string_or_empty();
  return text == value || text == "*";
}

bool is_about(const Json& rule, const SyncedObject& object) {
  const auto may_be_left_out = [](const Json& field, std::string_view value) {
    return field.string_or_empty().empty() || names(field, value);
  };
  return names(rule["group"], object.group) && names(rule["kind"], object.kind) &&
         may_be_left_out(rule["name"], object.name.name) && may_be_left_out(rule["namespace"], object.name.name_space);
}

bool covers_replicas(const Json& rule) {
  return has_text(rule["jsonPointers"], kReplicas) || has_text(rule["jqPathExpressions"], ".spec.replicas");
}

const Json& rules_of(const Json& application) { return application["spec"][kRules]; }
const Json& options_of(const Json& application) { return application["spec"]["syncPolicy"][kOptions]; }

// {"for": [ids], "made": [names]}; empty where there is none, or somebody has spoilt it.
Json pause_note(const Json& application) {
  const auto note = Json::parse(application["metadata"]["annotations"][kPaused].string_or_empty());
  return note && note->is_object() ? *note : Json::object();
}

// Of "apps/Deployment/shop/web"; nothing for what is no such id.
std::optional<SyncedObject> object_of(std::string_view id) {
  std::array<std::string, 4> parts;
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t end = id.find('/');
    if ((end == std::string_view::npos) != (i + 1 == parts.size())) return std::nullopt;
    parts[i] = id.substr(0, end);
    if (end != std::string_view::npos) id.remove_prefix(end + 1);
  }
  return SyncedObject{.group = parts[0], .kind = parts[1], .name = {.name_space = parts[2], .name = parts[3]}};
}

// Those for which it was paused and which it has no more. Its list is believed where it has at least `object`: after an
// error it may be empty.
std::vector<SyncedObject> deserted(const Json& application, const Json& ids, const SyncedObject& object) {
  std::vector<SyncedObject> gone;
  if (!has_object(application, object)) return gone;
  for (const Json& id : ids.items()) {
    const std::optional<SyncedObject> one = object_of(id.string_or_empty());
    if (one && one->id() != object.id() && !has_object(application, *one)) gone.push_back(*one);
  }
  return gone;
}

Json patch_of(const Json& application, Json spec, Json note) {
  const Json annotations = Json::object({{std::string(kPaused), std::move(note)}});
  return Json::object({{"metadata", Json::object({{"resourceVersion", application["metadata"]["resourceVersion"]},
                                                  {"annotations", annotations}})},
                       {"spec", std::move(spec)}});
}

Json with_options(Json options) { return Json::object({{std::string(kOptions), std::move(options)}}); }

// Whether something applies the application's own manifest again and again: an application of applications, Flux.
bool is_synced_itself(const Json& application) {
  const Json& metadata = application["metadata"];
  return metadata["annotations"].contains("argocd.argoproj.io/tracking-id") ||
         metadata["labels"].contains("app.kubernetes.io/instance") ||
         metadata["labels"].contains("argocd.argoproj.io/instance") ||
         metadata["labels"].contains("kustomize.toolkit.fluxcd.io/name") ||
         metadata["labels"].contains("helm.toolkit.fluxcd.io/name");
}

bool is_of_manifest(const Json& application, std::span<const std::string_view> path, const Json& list) {
  return !list.items().empty() && applied_field(application, path) != Applied::kNo;
}

}  // namespace

std::string SyncedObject::id() const { return fmt::format("{}/{}/{}/{}", group, kind, name.name_space, name.name); }

bool has_object(const Json& application, const SyncedObject& object) {
  return std::ranges::any_of(application["status"]["resources"].items(), [&](const Json& each) {
    return each["group"].string_or_empty() == object.group && each["kind"].string_or_empty() == object.kind &&
           each["namespace"].string_or_empty() == object.name.name_space &&
           each["name"].string_or_empty() == object.name.name;
  });
}

bool heals_replicas(const Json& application, const SyncedObject& object) {
  const Json& automated = application["spec"]["syncPolicy"]["automated"];
  const bool heals = automated["enabled"].bool_or(true) && automated["selfHeal"].bool_or(false);
  const bool skips =
      application["metadata"]["annotations"]["argocd.argoproj.io/skip-reconcile"].string_or_empty() == "true";
  return heals && !skips && std::ranges::none_of(rules_of(application).items(), [&](const Json& rule) {
           return is_about(rule, object) && covers_replicas(rule);
         });
}

bool is_paused_for(const Json& application, const SyncedObject& object) {
  return has_text(pause_note(application)["for"], object.id());
}

std::string obstacle_to_pause(const Json& application) {
  for (const Json& owner : application["metadata"]["ownerReferences"].items()) {
    if (owner["kind"].string_or_empty() != "ApplicationSet") continue;
    return fmt::format(
        "the ApplicationSet {} would take every pause out again: let its template ignore the difference "
        "(ignoreDifferences with {}, and the sync option {})",
        owner["name"].string_or_empty(), kReplicas, kRespect);
  }
  const bool respects = has_text(options_of(application), kRespect);
  const bool is_ours = application["metadata"]["annotations"].contains(kPaused);
  if (!respects && !is_ours && !rules_of(application).items().empty()) {
    return fmt::format(
        "it ignores other differences, and does not respect them when it syncs: give it the sync option {}", kRespect);
  }
  if (!is_synced_itself(application) || is_ours) return "";
  constexpr auto kRulesAt = std::to_array<std::string_view>({"spec", kRules});
  constexpr auto kOptionsAt = std::to_array<std::string_view>({"spec", "syncPolicy", kOptions});
  if (is_of_manifest(application, kRulesAt, rules_of(application))) {
    return fmt::format("its own manifest lists what it ignores, and would take out what is added: add {} there",
                       kReplicas);
  }
  if (!respects && is_of_manifest(application, kOptionsAt, options_of(application))) {
    return fmt::format("its own manifest lists its sync options, and would take out what is added: add {} there",
                       kRespect);
  }
  return "";
}

std::optional<Json> pausing_patch(const Json& application, const SyncedObject& object) {
  if (is_paused_for(application, object)) return std::nullopt;
  Json note = pause_note(application);
  Json made = note["made"].is_array() ? note["made"] : Json::array();
  Json spec = Json::object();
  Json rules = rules_of(application);
  if (!rules.is_array()) made.push_back(kRules);
  Json ids = note["for"].is_array() ? note["for"] : Json::array();
  for (const SyncedObject& gone : deserted(application, ids, object)) {
    remove(ids, gone.id());
    if (rules.is_array()) remove(rules, rule_for(gone));
  }
  rules.push_back(rule_for(object));
  spec.set(kRules, std::move(rules));
  Json options = options_of(application);
  if (!has_text(options, kRespect)) {
    if (!options.is_array()) made.push_back(kOptions);
    made.push_back(kRespect);
    options.push_back(kRespect);
    spec.set("syncPolicy", with_options(std::move(options)));
  }
  ids.push_back(object.id());
  return patch_of(application, std::move(spec), Json::object({{"for", ids}, {"made", made}}).dump());
}

std::optional<Json> resuming_patch(const Json& application, const SyncedObject& object) {
  if (!is_paused_for(application, object)) return std::nullopt;
  const Json note = pause_note(application);
  Json ids = note["for"];
  std::vector<SyncedObject> over = deserted(application, ids, object);
  over.push_back(object);
  Json spec = Json::object();
  Json rules = rules_of(application);
  for (const SyncedObject& each : over) {
    remove(ids, each.id());
    if (rules.is_array()) remove(rules, rule_for(each));
  }
  if (rules.is_array()) {
    const bool was_none = rules.items().empty() && has_text(note["made"], kRules);
    spec.set(kRules, was_none ? Json() : std::move(rules));
  }
  if (!ids.items().empty()) {
    return patch_of(application, std::move(spec), Json::object({{"for", ids}, {"made", note["made"]}}).dump());
  }
  Json options = options_of(application);
  if (options.is_array() && has_text(note["made"], kRespect)) {
    remove(options, kRespect);
    const bool was_none = options.items().empty() && has_text(note["made"], kOptions);
    spec.set("syncPolicy", with_options(was_none ? Json() : std::move(options)));
  }
  return patch_of(application, std::move(spec), Json());
}

bool has_noticed_pause(const Json& application, const SyncedObject& object) {
  const Json& compared = application["status"]["sync"]["comparedTo"][kRules];
  return std::ranges::any_of(compared.items(), [&](const Json& rule) { return rule == rule_for(object); });
}

}  // namespace capstan::kubernetes
