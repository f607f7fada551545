// Answers Kubernetes when it asks before it takes a change (a validating admission webhook): by a check against the
// picture, overlaid with what was admitted a moment ago.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "foresee/admission.h"
#include "foresee/admitted_objects.h"
#include "loop/foresight.h"
#include "model/fact.h"

namespace capstan::loop {

// Thread-safe.
class AdmissionDesk {
 public:
  struct Parts {
    const Clock& clock;
    Foresight& foresight;
    std::function<void(NewFact)> record;  // A denial is a fact; must not wait.
  };
  explicit AdmissionDesk(Parts parts) : parts_(std::move(parts)) {}

  // An answer later than this would hold up whoever asks; the change is then allowed, and the warning says so.
  static constexpr Duration kPatience{90};

  void set_policy(foresee::AdmissionPolicy policy);
  // The answer to an AdmissionReview about a cluster, as ids name it. kInvalidArgument for what is no review.
  Result<Json> answer(const std::string& cluster, const Json& review);
  // How often it answered what, in the Prometheus text format.
  std::string metrics() const;

 private:
  struct Counts {
    std::atomic<uint64_t> allowed = 0;
    std::atomic<uint64_t> warned = 0;
    std::atomic<uint64_t> denied = 0;
    std::atomic<uint64_t> unjudged = 0;  // Allowed, for want of an answer.
    std::atomic<uint64_t> exempt = 0;
  };

  Result<foresee::AdmissionVerdict> judge(const std::string& cluster, const foresee::AdmissionRequest& request,
                                          const foresee::AdmissionPolicy& policy);
  void note_denial(const std::string& cluster, const foresee::AdmissionRequest& request,
                   const foresee::AdmissionVerdict& verdict);

  const Parts parts_;
  Guarded<std::shared_ptr<const foresee::AdmissionPolicy>> policy_{std::make_shared<foresee::AdmissionPolicy>()};
  // Outlives questions that nobody waits for any more.
  const std::shared_ptr<Guarded<foresee::AdmittedObjects>> admitted_ =
      std::make_shared<Guarded<foresee::AdmittedObjects>>();
  Counts counts_;
};

}  // namespace capstan::loop
