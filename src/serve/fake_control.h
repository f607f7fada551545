// A Control for tests: it says what it was asked, and keeps the facts it was given.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "loop/control.h"

namespace capstan::serve {

// Thread-safe.
class FakeControl : public loop::Control {
 public:
  Json overview() const override { return said("overview"); }
  Result<Json> verify() const override {
    if (on_verify) on_verify();
    return said("verify");
  }
  Result<Json> incidents(std::string_view state, size_t limit) const override {
    return said(fmt::format("incidents {} {}", state, limit));
  }
  Result<Json> incident(std::string_view id) const override {
    if (id == "missing") return fail(ErrorCode::kNotFound, "no incident 'missing'");
    return said(fmt::format("incident {}", id));
  }
  Result<Json> findings(std::string_view state, size_t limit) const override {
    return said(fmt::format("findings {} {}", state, limit));
  }
  Result<Json> resources(const loop::ResourceQuery& query) const override {
    return said(fmt::format("resources {}|{}|{}|{}|{}|{} {} {}", query.kind, query.search, query.cluster, query.space,
                            query.labels, query.sort, query.limit, query.offset));
  }
  Result<Json> resource(std::string_view id, std::optional<Time> at) const override {
    return said(fmt::format("resource {} {}", id, at ? format_time(*at) : "now"));
  }
  Result<Json> graph(std::string_view id, int depth) const override {
    return said(fmt::format("graph {} {}", id, depth));
  }
  Result<Json> map(const loop::MapQuery& query) const override {
    return said(fmt::format("map {}|{} {} {}", query.cluster, query.space, query.nodes, query.edges));
  }
  Result<Json> difference(std::string_view id, Seq before, Seq after) const override {
    return said(fmt::format("difference {} {} {}", id, before, after));
  }
  Result<Json> checks(const loop::ChecksQuery& query) const override {
    return said(fmt::format("checks {}|{}|{}|{}|{}|{}|{} {} {} {}", query.severity, query.rule, query.owner,
                            query.cluster, query.space, query.resource, query.search, query.muted, query.limit,
                            query.offset));
  }
  Result<Json> mutes(bool all) const override { return said(fmt::format("mutes {}", all)); }
  Result<Json> sql(std::string_view text) const override {
    if (text == "SELEC") return fail(ErrorCode::kInvalidArgument, "near \"SELEC\": syntax error", {"query", 1, 1});
    return said(fmt::format("sql {}", text));
  }
  Result<Json> facts(const loop::FactQuery& query) const override {
    return said(fmt::format("facts {}|{} {} {}", query.subject, query.kind, query.before, query.limit));
  }
  Result<Json> why(std::string_view id) const override { return said(fmt::format("why {}", id)); }
  Result<Json> policies() const override { return said("policies"); }
  Result<Json> verdicts(std::string_view resource, std::string_view policy) const override {
    return said(fmt::format("verdicts {}|{}", resource, policy));
  }
  Result<Json> preview(std::string_view policies, std::string_view file) const override {
    return said(fmt::format("preview {} '{}'", file, policies));
  }
  Result<Json> calendar(std::optional<Time> from, int days) const override {
    return said(fmt::format("calendar {} {}", from ? format_time(*from) : "now", days));
  }
  Result<Json> approvals() const override { return said("approvals"); }
  Result<Json> overrides() const override { return said("overrides"); }
  Result<Json> plans(std::string_view state) const override { return said(fmt::format("plans {}", state)); }
  Result<Json> plan(std::string_view id) const override { return said(fmt::format("plan {}", id)); }
  Result<Json> action_output(std::string_view id, uint64_t after) const override {
    return said(fmt::format("output of {} after {}", id, after));
  }
  Json verbs() const override { return said("verbs"); }
  Result<Json> config() const override { return said("config"); }
  Result<Json> admit(std::string_view cluster, const Json& review) const override {
    return said(fmt::format("admit {} {}", cluster, review.dump()));
  }
  Result<Json> check(const loop::ChangeQuery& query) const override {
    return said(fmt::format("check '{}' {} {} {}", query.change, query.is_patch, query.cluster, query.space));
  }
  Result<Json> scaling(std::string_view cluster, std::string_view autoscaler) const override {
    return said(fmt::format("scaling {} {}", cluster, autoscaler));
  }
  Result<Json> service_graph(const loop::ServiceGraphQuery& query) const override {
    return said(fmt::format("service_graph {}|{} {} {}", query.cluster, query.space, format_duration(query.window),
                            query.limit));
  }
  Result<Json> start_backtest(const loop::BacktestQuery& query) override {
    return said(fmt::format("start_backtest {} '{}' {}|{}|{}", query.file, query.policies, query.since, query.until,
                            query.step));
  }
  Result<Json> backtest(std::string_view id) override { return said(fmt::format("backtest {}", id)); }
  Result<Json> cancel_backtest(std::string_view id) override { return said(fmt::format("cancel_backtest {}", id)); }
  Result<Json> savings(const loop::SavingsQuery& query) const override {
    return said(fmt::format("savings {}|{}|{}|{}|{} {}", query.policy, query.account, query.since, query.until,
                            query.zone, query.limit));
  }
  Result<Json> whatif(const Json& question) const override { return said("whatif " + question.dump()); }
  Result<Json> drifts() const override { return said("drifts"); }
  Result<Json> look_at_manifests() const override { return said("look_at_manifests"); }
  Result<Json> drift(const loop::DriftQuery& query) const override {
    return said(fmt::format("drift '{}' {} {} {}", query.manifests, query.cluster, query.space, query.prune));
  }
  Result<Json> diagnose(const loop::DiagnoseQuery& query) const override {
    return said(fmt::format("diagnose {}|{}|{}", query.subject, query.space, query.cluster));
  }
  Result<Json> manual(std::string_view text, std::string_view product) const override {
    return said(fmt::format("manual '{}' {}", text, product));
  }
  Result<Json> logs(const LogQuery& query) const override { return said("logs " + describe(query)); }
  Result<Json> log_templates(const LogQuery& query) const override { return said("templates " + describe(query)); }
  std::string metrics() const override { return "capstan_up 1\n"; }
  Status ready() const override { return ready_; }

  Result<Json> approve_plan(std::string_view id, std::string_view hash, std::string_view by) override {
    if (hash == "old") return fail(ErrorCode::kFailedPrecondition, "the plan changed");
    return said(fmt::format("approve {} {} by {}", id, hash, by));
  }
  Result<Json> reject_plan(std::string_view id, std::string_view reason, std::string_view by) override {
    return said(fmt::format("reject {} '{}' by {}", id, reason, by));
  }
  Result<Json> undo_plan(std::string_view id, std::string_view reason, std::string_view by) override {
    return said(fmt::format("undo {} by {}: {}", id, by, reason));
  }
  Result<Json> cancel_plan(std::string_view id, std::string_view by) override {
    return said(fmt::format("cancel {} by {}", id, by));
  }
  Result<Json> resolve_action(std::string_view id, std::string_view decision, std::string_view by) override {
    return said(fmt::format("resolve {} {} by {}", id, decision, by));
  }
  Result<Json> run_policy(std::string_view name, std::string_view by) override {
    return said(fmt::format("run {} by {}", name, by));
  }
  Result<Json> pause_policy(std::string_view name, bool paused, std::string_view by) override {
    return said(fmt::format("{} {} by {}", paused ? "pause" : "resume", name, by));
  }
  Result<Json> pause(std::string_view reason, std::string_view by) override {
    return said(fmt::format("pause '{}' by {}", reason, by));
  }
  Result<Json> resume(std::string_view by) override { return said(fmt::format("resume by {}", by)); }

  Result<Json> mute(Mute wanted, std::string_view by) override {
    wanted.by = by;
    return said(fmt::format("mute {}", wanted.to_json().dump()));
  }
  Result<Json> unmute(std::string_view id, std::string_view by) override {
    return said(fmt::format("unmute {} by {}", id, by));
  }
  Result<Json> give_approval(std::string_view policy, std::string_view resource, std::string_view by) override {
    return said(fmt::format("allow {} on {} by {}", policy, resource, by));
  }
  Result<Json> withdraw_approval(std::string_view id, std::string_view by) override {
    return said(fmt::format("withdraw {} by {}", id, by));
  }
  Result<Json> freezes() const override { return said("freezes"); }
  Result<Json> lift_freeze(const loop::FreezeLift& wanted, std::string_view by, std::string_view role) override {
    return said(
        fmt::format("lift {} for {} because {} by {}, {}", wanted.freeze, wanted.plan, wanted.reason, by, role));
  }
  Result<Json> set_override(const loop::OverrideRequest& wanted, std::string_view by) override {
    return said(fmt::format("keep {}|{} {} until {} {} '{}' by {}", wanted.resource, wanted.policy, wanted.state,
                            wanted.until, wanted.zone, wanted.reason, by));
  }
  Result<Json> end_override(std::string_view id, std::string_view by) override {
    return said(fmt::format("end {} by {}", id, by));
  }
  Result<Json> secrets(std::string_view what, const Json& question, std::string_view by) override {
    return said(fmt::format("secrets {} {} by {}", what, question.dump(), by));
  }
  Status record(NewFact fact) override {
    std::lock_guard lock(mutex_);
    if (!record_result_) return record_result_;
    facts_.push_back(std::move(fact));
    return {};
  }
  Subscription subscribe(std::function<void(std::string_view, Seq)> changed) override {
    std::lock_guard lock(mutex_);
    changed_ = std::move(changed);
    return std::shared_ptr<void>(this, [](void* self) {
      auto* control = static_cast<FakeControl*>(self);
      std::lock_guard guard(control->mutex_);
      control->changed_ = nullptr;
    });
  }

  void change(std::string_view topic, Seq seq) {
    std::lock_guard lock(mutex_);
    if (changed_) changed_(topic, seq);
  }
  std::vector<NewFact> recorded() const {
    std::lock_guard lock(mutex_);
    return facts_;
  }
  std::function<void()> on_verify;  // Set before the server starts.
  // Before the server starts, or while nothing asks.
  void set_ready(Status status) { ready_ = std::move(status); }
  void set_record_result(Status status) {
    std::lock_guard lock(mutex_);
    record_result_ = std::move(status);
  }

 private:
  static Json said(std::string what) { return Json::object({{"asked", std::move(what)}}); }
  static std::string describe(const LogQuery& query) {
    return fmt::format("{} {} {} {}", query.selector, format_time(query.from), format_time(query.to), query.limit);
  }

  mutable std::mutex mutex_;
  std::vector<NewFact> facts_;
  std::function<void(std::string_view, Seq)> changed_;
  Status ready_;
  Status record_result_;
};

}  // namespace capstan::serve
