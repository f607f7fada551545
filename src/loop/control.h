// Everything that a person or a program can ask of a running Capstan: the page, the command and the API all come here.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "loop/fleet_queries.h"
#include "loop/freeze_lift.h"
#include "model/fact.h"
#include "model/mute.h"
#include "model/signal.h"

namespace capstan::loop {

struct ResourceQuery {
  std::string kind;     // "" for all.
  std::string search;   // In id, name and labels, whatever the case; "" for all.
  std::string cluster;  // "" for all, as the others.
  std::string space;    // A namespace.
  std::string labels;   // A selector: "app=web,tier!=db".
  std::string sort;     // A column, "name" or "since"; with "-" before it the largest first. "": by kind and id.
  size_t limit = 200;
  size_t offset = 0;
};

struct FactQuery {
  std::string subject;  // "" for all, as the others.
  std::string kind;     // A kind, or a prefix that ends in a dot: "action.".
  Seq before = 0;       // Only facts with a smaller number; 0 for the newest.
  size_t limit = 100;
};

struct ChangeQuery {
  std::string change;             // YAML or JSON.
  bool is_patch = false;          // Merge patches, not whole objects.
  std::string cluster;            // "" for the only one.
  std::string space = "default";  // The namespace of objects that name none.
};

struct DriftQuery {
  std::string manifests;          // YAML or JSON.
  std::string cluster;            // "" for the only one.
  std::string space = "default";  // The namespace of objects that name none.
  std::string prune;              // A selector of objects that should be in a manifest; "" for none.
};

struct DiagnoseQuery {
  std::string subject;  // "pod/web-0", or an id.
  std::string space;    // The namespace; "" for any.
  std::string cluster;  // "" for any.
};

// Thread-safe. Shapes of the answers: docs/reference/api.md, one section a function. Reads answer from snapshots; what
// changes something goes through the loop and returns when it is durable.
class Control {
 public:
  virtual ~Control() = default;

  virtual Json overview() const = 0;
  // `state` is "open", "closed" or "all".
  virtual Result<Json> incidents(std::string_view state, size_t limit) const = 0;
  virtual Result<Json> incident(std::string_view id) const = 0;
  virtual Result<Json> findings(std::string_view state, size_t limit) const = 0;
  virtual Result<Json> resources(const ResourceQuery& query) const = 0;
  virtual Result<Json> resource(std::string_view id, std::optional<Time> at) const = 0;
  virtual Result<Json> graph(std::string_view id, int depth) const = 0;
  // All that hangs together, or a part of it, in one compact answer.
  virtual Result<Json> map(const MapQuery& query) const = 0;
  // Two versions of a resource, each named by the fact that made it, and what differs; `before` 0 is nothing.
  virtual Result<Json> difference(std::string_view id, Seq before, Seq after) const = 0;
  // The violations of rules about configuration.
  virtual Result<Json> checks(const ChecksQuery& query) const = 0;
  // Those in force, or all that were ever made.
  virtual Result<Json> mutes(bool all) const = 0;
  virtual Result<Json> sql(std::string_view text) const = 0;
  virtual Result<Json> facts(const FactQuery& query) const = 0;
  // The chain of causes of an incident, a plan, an action, a finding, a resource or a fact's number.
  virtual Result<Json> why(std::string_view id) const = 0;
  // Recomputes the whole chain of the ledger: reads all of it.
  virtual Result<Json> verify() const = 0;
  virtual Result<Json> policies() const = 0;
  // What each policy (or one) decided over a resource, named by id or name, and the clause that decided it.
  virtual Result<Json> verdicts(std::string_view resource, std::string_view policy) const = 0;
  // What policies that are not in force, YAML as text, would do now; `file` is its name in errors. Nothing is changed.
  virtual Result<Json> preview(std::string_view policies, std::string_view file) const = 0;
  // Begins to run policies that need not be in force over the recorded past; says how far it is, and what came of it.
  virtual Result<Json> start_backtest(const BacktestQuery& query) = 0;
  virtual Result<Json> backtest(std::string_view id) = 0;
  virtual Result<Json> cancel_backtest(std::string_view id) = 0;
  // When policies want what, from a time on ("now" where there is none) for so many days, with the overrides in force.
  virtual Result<Json> calendar(std::optional<Time> from, int days) const = 0;
  // The change freezes: which are in force and until when, which come.
  virtual Result<Json> freezes() const = 0;
  // What people have agreed to in advance.
  virtual Result<Json> approvals() const = 0;
  // What people asked for instead of policies, for a while.
  virtual Result<Json> overrides() const = 0;
  virtual Result<Json> plans(std::string_view state) const = 0;  // "waiting", "running", "finished" or "all".
  virtual Result<Json> plan(std::string_view id) const = 0;
  // What an action prints while it is performed, from byte `after` on.
  virtual Result<Json> action_output(std::string_view id, uint64_t after) const = 0;
  virtual Json verbs() const = 0;
  virtual Result<Json> config() const = 0;
  // What a change, manifests as text, would break and mend; nothing is changed.
  virtual Result<Json> check(const ChangeQuery& query) const = 0;
  // What of the cluster differs from manifests, who changed it, and what making it as stated would break.
  virtual Result<Json> drift(const DriftQuery& query) const = 0;
  // The same of the manifests that the settings name, as of the last comparison.
  virtual Result<Json> drifts() const = 0;
  // Has those looked at at once; gives the time after which a look counts as newer.
  virtual Result<Json> look_at_manifests() const = 0;
  // What is wrong with one thing first; its cluster is asked for events and logs, which may take some seconds.
  virtual Result<Json> diagnose(const DiagnoseQuery& query) const = 0;
  // What the manuals say of a text or a code; of one product, or of all for "".
  virtual Result<Json> manual(std::string_view text, std::string_view product) const = 0;
  // Answers an AdmissionReview of Kubernetes about a cluster, within 100 ms.
  virtual Result<Json> admit(std::string_view cluster, const Json& review) const = 0;
  // Why autoscalers do what they do, and where pods could go; with an autoscaler ("shop/web") of that one only.
  virtual Result<Json> scaling(std::string_view cluster, std::string_view autoscaler) const = 0;
  // Who calls whom, how often, how well and how fast.
  virtual Result<Json> service_graph(const ServiceGraphQuery& query) const = 0;
  // What policies with a schedule saved of running all the time, planned and real, with what explains the difference.
  virtual Result<Json> savings(const SavingsQuery& query) const = 0;
  // What would be placed where if things were otherwise; nothing is changed.
  virtual Result<Json> whatif(const Json& question) const = 0;
  virtual Result<Json> logs(const LogQuery& query) const = 0;
  virtual Result<Json> log_templates(const LogQuery& query) const = 0;
  // Capstan's own metrics in the Prometheus text format.
  virtual std::string metrics() const = 0;
  // Why it is not ready to serve, or nothing.
  virtual Status ready() const = 0;

  // `by` is an actor: "user:alice", "token:grafana", "local:root".
  virtual Result<Json> approve_plan(std::string_view id, std::string_view hash, std::string_view by) = 0;
  virtual Result<Json> reject_plan(std::string_view id, std::string_view reason, std::string_view by) = 0;
  virtual Result<Json> cancel_plan(std::string_view id, std::string_view by) = 0;
  // What a plan that has ended did is undone, as far as it can be.
  virtual Result<Json> undo_plan(std::string_view id, std::string_view reason, std::string_view by) = 0;
  // `decision` is "happened", "retry" or "abandon", for an action whose state is unknown.
  virtual Result<Json> resolve_action(std::string_view id, std::string_view decision, std::string_view by) = 0;
  // Proposes what the policy would do now.
  virtual Result<Json> run_policy(std::string_view name, std::string_view by) = 0;
  virtual Result<Json> pause_policy(std::string_view name, bool paused, std::string_view by) = 0;
  // The kill switch for everything that acts.
  virtual Result<Json> pause(std::string_view reason, std::string_view by) = 0;
  virtual Result<Json> resume(std::string_view by) = 0;
  // `wanted` without id and time.
  virtual Result<Json> mute(Mute wanted, std::string_view by) = 0;
  virtual Result<Json> unmute(std::string_view id, std::string_view by) = 0;
  // Lets a plan act in spite of a freeze; `role` is that of `by`.
  virtual Result<Json> lift_freeze(const FreezeLift& wanted, std::string_view by, std::string_view role) = 0;
  // Lets a policy act on a resource (or, for "", on whatever it selects) without asking again.
  virtual Result<Json> give_approval(std::string_view policy, std::string_view resource, std::string_view by) = 0;
  virtual Result<Json> withdraw_approval(std::string_view id, std::string_view by) = 0;
  virtual Result<Json> set_override(const OverrideRequest& wanted, std::string_view by) = 0;
  virtual Result<Json> end_override(std::string_view id, std::string_view by) = 0;
  // What is asked about stored secrets, for administrators: secret::SecretQuestions says the questions.
  virtual Result<Json> secrets(std::string_view what, const Json& question, std::string_view by) = 0;
  // Writes a fact about people: user.created, token.created.
  virtual Status record(NewFact fact) = 0;

  // `changed` is called from the loop's thread with a topic ("incidents", "findings", "plans", "resources", "policies",
  // "config", "facts") and the newest fact; it must return at once. Dropping the handle ends the subscription.
  using Subscription = std::shared_ptr<void>;
  virtual Subscription subscribe(std::function<void(std::string_view topic, Seq seq)> changed) = 0;
};

}  // namespace capstan::loop
