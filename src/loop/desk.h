// Answers what people and programs ask: reads come from snapshots of the catalog and the ledger, what changes something
// goes through the loop.
#pragma once

#include <memory>

#include "diagnose/diagnosis_shelf.h"
#include "loop/admission_desk.h"
#include "loop/backtest_desk.h"
#include "loop/cluster_senses.h"
#include "loop/control.h"
#include "loop/lead.h"
#include "loop/loop.h"
#include "loop/manifest_watch.h"
#include "loop/money_desk.h"
#include "loop/plan_money.h"
#include "loop/scaling_desk.h"
#include "loop/service_desk.h"
#include "secret/secret_questions.h"

namespace capstan::loop {

class Desk final : public Control {
 public:
  struct Parts {
    Loop& loop;
    const LogSource& logs;
    const ClusterSenses* clusters = nullptr;              // None: no cluster can be asked.
    ManifestWatch* manifests = nullptr;                   // None: no repository is compared.
    AdmissionDesk* admission = nullptr;                   // None: Kubernetes is not answered.
    const ScalingDesk* scaling = nullptr;                 // None: nothing is known of clusters.
    const ServiceDesk* services = nullptr;                // None: no calls are known.
    const MoneyDesk* money = nullptr;                     // None: nothing has a price.
    BacktestDesk* backtests = nullptr;                    // None: the past is not asked.
    const secret::SecretQuestions* secrets = nullptr;     // None: there is no store of secrets.
    const diagnose::DiagnosisShelf* diagnosis = nullptr;  // None: nothing can be diagnosed.
    const act::RunBoard* runs = nullptr;                  // None: nothing tells what it prints.
    // What parts outside of the loop add to /metrics, in the text format; may be empty.
    std::function<std::string()> more_metrics;
    std::string version;
    std::optional<Lead> lead;  // None: this node shares its ledger with nobody.
    std::string host;          // The catalog's id of this machine.
  };
  explicit Desk(Parts parts) : parts_(std::move(parts)), plan_money_(parts_.money) {}

  Json overview() const override;
  Result<Json> incidents(std::string_view state, size_t limit) const override;
  Result<Json> incident(std::string_view id) const override;
  Result<Json> findings(std::string_view state, size_t limit) const override;
  Result<Json> resources(const ResourceQuery& query) const override;
  Result<Json> resource(std::string_view id, std::optional<Time> at) const override;
  Result<Json> graph(std::string_view id, int depth) const override;
  Result<Json> map(const MapQuery& query) const override;
  Result<Json> difference(std::string_view id, Seq before, Seq after) const override;
  Result<Json> checks(const ChecksQuery& query) const override;
  Result<Json> mutes(bool all) const override;
  Result<Json> sql(std::string_view text) const override;
  Result<Json> facts(const FactQuery& query) const override;
  Result<Json> why(std::string_view id) const override;
  Result<Json> verify() const override;
  Result<Json> policies() const override;
  Result<Json> verdicts(std::string_view resource, std::string_view policy) const override;
  Result<Json> preview(std::string_view policies, std::string_view file) const override;
  Result<Json> start_backtest(const BacktestQuery& query) override;
  Result<Json> backtest(std::string_view id) override;
  Result<Json> cancel_backtest(std::string_view id) override;
  Result<Json> calendar(std::optional<Time> from, int days) const override;
  Result<Json> freezes() const override;
  Result<Json> approvals() const override;
  Result<Json> overrides() const override;
  Result<Json> plans(std::string_view state) const override;
  Result<Json> plan(std::string_view id) const override;
  Result<Json> action_output(std::string_view id, uint64_t after) const override;
  Json verbs() const override;
  Result<Json> config() const override;
  Result<Json> check(const ChangeQuery& query) const override;
  Result<Json> drift(const DriftQuery& query) const override;
  Result<Json> drifts() const override;
  Result<Json> look_at_manifests() const override;
  Result<Json> diagnose(const DiagnoseQuery& query) const override;
  Result<Json> manual(std::string_view text, std::string_view product) const override;
  Result<Json> admit(std::string_view cluster, const Json& review) const override;
  Result<Json> scaling(std::string_view cluster, std::string_view autoscaler) const override;
  Result<Json> service_graph(const ServiceGraphQuery& query) const override;
  Result<Json> savings(const SavingsQuery& query) const override;
  Result<Json> whatif(const Json& question) const override;
  Result<Json> logs(const LogQuery& query) const override;
  Result<Json> log_templates(const LogQuery& query) const override;
  std::string metrics() const override;
  Status ready() const override;

  Result<Json> approve_plan(std::string_view id, std::string_view hash, std::string_view by) override;
  Result<Json> reject_plan(std::string_view id, std::string_view reason, std::string_view by) override;
  Result<Json> cancel_plan(std::string_view id, std::string_view by) override;
  Result<Json> undo_plan(std::string_view id, std::string_view reason, std::string_view by) override;
  Result<Json> resolve_action(std::string_view id, std::string_view decision, std::string_view by) override;
  Result<Json> run_policy(std::string_view name, std::string_view by) override;
  Result<Json> pause_policy(std::string_view name, bool paused, std::string_view by) override;
  Result<Json> pause(std::string_view reason, std::string_view by) override;
  Result<Json> resume(std::string_view by) override;
  Result<Json> mute(Mute wanted, std::string_view by) override;
  Result<Json> unmute(std::string_view id, std::string_view by) override;
  Result<Json> give_approval(std::string_view policy, std::string_view resource, std::string_view by) override;
  Result<Json> withdraw_approval(std::string_view id, std::string_view by) override;
  Result<Json> lift_freeze(const FreezeLift& wanted, std::string_view by, std::string_view role) override;
  Result<Json> set_override(const OverrideRequest& wanted, std::string_view by) override;
  Result<Json> end_override(std::string_view id, std::string_view by) override;
  Result<Json> secrets(std::string_view what, const Json& question, std::string_view by) override;
  Status record(NewFact fact) override;
  Subscription subscribe(std::function<void(std::string_view topic, Seq seq)> changed) override;

 private:
  Time now() const { return parts_.loop.parts().clock.now(); }
  const ledger::Ledger& ledger() const { return parts_.loop.parts().ledger; }
  Result<catalog::CatalogReader> catalog() const { return parts_.loop.parts().catalog.reader(); }
  Result<Table> rows(std::string_view sql, SqlSource::Options options = {}) const;
  PlanMoney::FindPolicy policy_in_force() const;
  // What each of these has cost; null where that is not known.
  std::vector<Json> costs_json(const std::vector<Since>& asked) const;
  // How many findings hold that nobody has muted.
  std::map<Severity, int64_t> heard_findings() const;
  // Does something to a plan on the loop's thread and answers with what became of the plan.
  using Change = std::function<Status(act::Executor&, Time)>;
  Result<Json> change_plan(std::string plan, Change change);

  Parts parts_;
  PlanMoney plan_money_;
};

}  // namespace capstan::loop
