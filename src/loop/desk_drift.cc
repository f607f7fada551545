// What the desk answers about drift.
#include "foresee/object_documents.h"
#include "loop/desk.h"
#include "loop/drift_finder.h"

namespace capstan::loop {

Result<Json> Desk::drift(const DriftQuery& query) const {
  const DriftFinder finder({.clusters = parts_.clusters,
                            .catalog = [this] { return catalog(); },
                            .foresight = parts_.loop.parts().foresight});
  foresee::ObjectDocuments read = foresee::read_objects(query.manifests, "manifests");
  drift::DriftReport report = TRY(finder.find(
      read.documents, {.cluster = query.cluster, .space = query.space, .prune = query.prune, .check = true}));
  report.problems.insert(report.problems.begin(), read.problems.begin(), read.problems.end());
  return drift::to_json(report);
}

Result<Json> Desk::drifts() const {
  return parts_.manifests == nullptr ? Json::object({{"manifests", Json::array()}}) : parts_.manifests->state();
}

Result<Json> Desk::look_at_manifests() const {
  const Json at = Json(format_time(now()));
  if (parts_.manifests != nullptr) parts_.manifests->look();
  return Json::object({{"at", at}});
}

}  // namespace capstan::loop
