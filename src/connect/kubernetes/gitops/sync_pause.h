// How others are told to let go of how many replicas an object has, each in the narrowest way that it publishes; and
// the note on the object that says what was told whom, so that exactly that can be taken back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

struct SyncPause {
  enum class Way {
    kFlux,          // An annotation on the object: the kustomize-controller leaves it alone.
    kHelm,          // An annotation on the object: the helm-controller leaves it out when it corrects drift.
    kApplication,   // A rule in Argo CD's application: this one field of this one object is not compared or synced.
    kScaledObject,  // An annotation on KEDA's object: it holds the number that the annotation names.
  };
  Way way = Way::kFlux;
  ObjectName of = {};  // The kustomization, release, application or scaled object.

  // "Argo CD's application argocd/shop"
  std::string who() const;
  // The annotation on the object itself; "" where the pause is on another one.
  std::string_view annotation() const;

  bool operator==(const SyncPause& other) const {
    return way == other.way && of.name_space == other.of.name_space && of.name == other.of.name;
  }
};

// What annotations of the ways kFlux and kHelm say while they hold.
inline constexpr std::string_view kDisabled = "disabled";
// The annotation of an object that was stopped: a StopNote as JSON.
inline constexpr std::string_view kStopped = "capstan/stopped";

// Stands on an object from before it is stopped until it is started again.
struct StopNote {
  int64_t replicas = 0;  // Before.
  std::vector<SyncPause> paused;

  std::string text() const;
  // kCorrupt where somebody has written something else there.
  static Result<StopNote> parse(std::string_view text);

  bool operator==(const StopNote&) const = default;
};

}  // namespace capstan::kubernetes
