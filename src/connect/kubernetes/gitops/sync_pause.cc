#include "connect/kubernetes/gitops/sync_pause.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace capstan::kubernetes {
namespace {

struct WayText {
  SyncPause::Way way;
  std::string_view name;
  std::string_view who;
  std::string_view annotation;
};

constexpr auto kWays = std::to_array<WayText>({
    {SyncPause::Way::kFlux, "flux", "Flux's kustomization", "kustomize.toolkit.fluxcd.io/reconcile"},
    {SyncPause::Way::kHelm, "helm", "Flux's Helm release", "helm.toolkit.fluxcd.io/driftDetection"},
    {SyncPause::Way::kApplication, "argocd", "Argo CD's application", ""},
    {SyncPause::Way::kScaledObject, "keda", "KEDA's scaled object", ""},
});

const WayText& text_of(SyncPause::Way way) { return *std::ranges::find(kWays, way, &WayText::way); }

constexpr int64_t kMostReplicas = INT32_MAX;  // As the API has it.

std::unexpected<Error> no_note(std::string_view why) {
  return fail(ErrorCode::kCorrupt, fmt::format("its annotation {} is none of Capstan's: {}; remove it", kStopped, why));
}

Result<SyncPause> parse_pause(const Json& json) {
  const auto way = std::ranges::find(kWays, json["by"].string_or_empty(), &WayText::name);
  if (way == kWays.end()) return no_note("'by' of 'paused' must be flux, helm, argocd or keda");
  SyncPause pause{.way = way->way, .of = {json["namespace"].string_or_empty(), json["name"].string_or_empty()}};
  if (pause.of.name.empty()) return no_note("'name' of 'paused' is missing");
  return pause;
}

}  // namespace

std::string SyncPause::who() const {
  return fmt::format("{} {}{}{}", text_of(way).who, of.name_space, of.name_space.empty() ? "" : "/", of.name);
}

std::string_view SyncPause::annotation() const { return text_of(way).annotation; }

std::string StopNote::text() const {
  Json list = Json::array();
  for (const SyncPause& pause : paused) {
    list.push_back(
        Json::object({{"by", text_of(pause.way).name}, {"namespace", pause.of.name_space}, {"name", pause.of.name}}));
  }
  return Json::object({{"replicas", replicas}, {"paused", std::move(list)}}).dump();
}

Result<StopNote> StopNote::parse(std::string_view text) {
  const auto json = Json::parse(text);
  if (!json || !json->is_object()) return no_note("it is no JSON object");
  const Json& replicas = (*json)["replicas"];
  StopNote note{.replicas = replicas.int_or(-1), .paused = {}};
  if (!replicas.is_int() || note.replicas < 0 || note.replicas > kMostReplicas) {
    return no_note("'replicas' must be a number of replicas");
  }
  for (const Json& each : (*json)["paused"].items()) note.paused.push_back(TRY(parse_pause(each)));
  return note;
}

}  // namespace capstan::kubernetes
