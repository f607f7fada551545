// What was admitted and is not seen in the picture yet, so that a burst of related objects is not judged by what is
// older than they are.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "foresee/check.h"

namespace capstan::foresee {

// Not thread-safe.
class AdmittedObjects {
 public:
  // An object is taken as there until the picture shows it, or for this long: the API server may have refused it later.
  static constexpr Duration kPatience{30'000};
  // Of a cluster in a namespace ("" for objects without one). The same object again replaces what was admitted before.
  void add(ObjectDocument document, const std::string& cluster, const std::string& space, Time now);
  // Those of a cluster that the picture does not show yet; forgets the others.
  std::vector<ObjectDocument> unseen(Checker& checker, const std::string& cluster, Time now);
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    ObjectDocument document;
    std::string cluster;
    std::string space;
    std::string identity;
    Time until;
  };
  std::vector<Entry> entries_;  // In the order in which they came.
};

}  // namespace capstan::foresee
