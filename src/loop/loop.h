// The one thread that owns state, and the order of the stages: what was sensed becomes facts, facts and signals become
// findings, findings incidents, policies and people decide, the executor acts, people are told.
#pragma once

#include <future>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "act/executor.h"
#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/worker_pool.h"
#include "catalog/catalog.h"
#include "catalog/derived_relations.h"
#include "catalog/pack_kinds.h"
#include "detect/detector.h"
#include "ledger/ledger.h"
#include "loop/config_report.h"
#include "loop/config_tree.h"
#include "loop/fact_book.h"
#include "loop/finding_book.h"
#include "loop/foresight.h"
#include "loop/freeze_board.h"
#include "loop/incident_desk.h"
#include "loop/lead.h"
#include "loop/messages.h"
#include "loop/money_book.h"
#include "loop/picture_feed.h"
#include "loop/plan_cards.h"
#include "loop/plan_news.h"
#include "loop/policy_board.h"
#include "loop/report_desk.h"
#include "loop/source_board.h"
#include "loop/start_gates.h"
#include "loop/workshop.h"
#include "model/manual.h"
#include "model/signal.h"
#include "model/table.h"
#include "tell/outbox.h"

namespace capstan::loop {

// What the loop orders but does not own. All outlive it.
struct LoopParts {
  const Clock& clock;
  ledger::Ledger& ledger;
  catalog::Catalog& catalog;
  SampleSink& samples;
  const SignalSource& signals;
  const SqlSource& sql;
  VerbRegistry& verbs;
  detect::Detector& detector;
  WorkerPool& workers;     // For actions, which may take an hour.
  WorkerPool& watchers;    // For detection,
  WorkerPool& messengers;  // and for messages: neither waits for an action.
  Foresight* foresight =
      nullptr;                 // Without one, rules about configuration are asked of the whole catalog again and again.
  MoneyBook* money = nullptr;  // Told what happens; without one nothing is written down for the meter.
  const act::RunBoard* runs = nullptr;  // What long work prints, where it tells.
  const Manual* manual = nullptr;       // What findings are looked up in, where there is one.
};

struct LoopOptions {
  Duration tick{1'000};
  size_t inbox = 10'000;
  explain::Explainer::Options explain;
  act::ExecutorOptions act;
  tell::Outbox::Options tell;
  std::string version;
  std::optional<Lead> lead;  // Where several nodes share the ledger.
};

class Loop {
 public:
  // Brings back the state from the ledger. Nothing runs until `start`.
  static Result<std::unique_ptr<Loop>> create(LoopParts parts, LoopOptions options, ConfigTree config);
  ~Loop();

  // Thread-safe. False when the inbox is full: a look is then lost and the next one makes it good.
  bool post(LoopMessage message);
  // The same, waiting for room: until fewer than `most` messages wait. False when the loop has ended. Not from the
  // loop.
  bool post_waiting(LoopMessage message, size_t most = std::numeric_limits<size_t>::max()) {
    return inbox_.put(std::move(message), most);
  }

  // Runs `question` on the loop's thread and waits for its answer, at most ten seconds. It may run later than that, so
  // it must own what it needs. Thread-safe; not from the loop.
  template <class F>
  auto ask(F&& question) -> Result<decltype(question())>;

  void start();
  // Actions under way get ten seconds to end, then they are cancelled; how they ended is written down. The workers may
  // still run something when this returns, but no longer reach the loop.
  void stop();

  // As Instance's. Thread-safe.
  void cancel_work();
  int work_under_way() const;

  // One round, for tests and the simulated world: takes what is in the inbox and does what is due.
  void step();

  // Everything below only on the loop's thread (through `ask`), but for `facts().subscribe`.
  FactBook& facts() { return facts_; }
  act::Executor& executor() { return *executor_; }
  PolicyBoard& policies() { return *policies_; }
  FreezeBoard& freezes() { return *freezes_; }
  IncidentDesk& incidents() { return *incidents_; }
  FindingBook& findings() { return findings_; }
  tell::Outbox& outbox() { return *outbox_; }
  ConfigTree& config() { return config_; }
  // Called when the configuration changed, with its settings; gives the problems. Set before `start`.
  using ApplySettings = std::function<std::vector<Error>(const ConfigTree&)>;
  void on_settings(ApplySettings apply) { apply_settings_ = std::move(apply); }
  // Called after that with the names of the rules about configuration; gives what is wrong with what names them.
  using CheckRuleNames = std::function<std::vector<Error>(const std::vector<std::string_view>&)>;
  void on_rules(CheckRuleNames check) { check_rule_names_ = std::move(check); }
  // Asked at each tick for what people have written down; nothing while there is nothing new to say.
  using LookAtRecords = std::function<Result<std::optional<Observation>>(const catalog::CatalogReader&, Time now)>;
  void on_records(LookAtRecords look) { look_at_records_ = std::move(look); }
  const std::vector<Error>& problems() const { return problems_; }
  SourceBoard& sources() { return sources_; }
  const ConfigReport& config_report() const { return config_report_; }
  Time started() const { return started_; }
  const LoopParts& parts() const { return parts_; }
  // Where links in messages point to; set before `start`.
  void set_page(std::string page);
  // How long the catalog keeps what a resource was; the ledger keeps it longer.
  void set_history_retention(Duration retention) { history_retention_ = retention; }
  // The labels that say whose something is.
  void set_owner_labels(std::vector<std::string> labels) { owner_labels_ = std::move(labels); }
  const std::vector<std::string>& owner_labels() const { return owner_labels_; }
  // The rules about configuration that are in force.
  const std::vector<detect::SqlRule>& configuration_rules() const;
  // nullptr without foresight.
  PictureFeed* picture() { return picture_.get(); }
  // What a source outside of the detectors holds to be wrong.
  Status take_round(const Findings& round);

 private:
  Loop(LoopParts parts, LoopOptions options, ConfigTree config);
  Status restore();
  Status restore_incidents(const catalog::CatalogReader& catalog);

  void run(const std::stop_token& stop);
  void finish_actions();
  bool take_results_until(Duration deadline);
  void handle(LoopMessage message);
  void take(Observed observed);
  void take(Detected detected);
  void take(Foreseen foreseen);
  Status take_findings(const std::vector<Findings>& rounds);
  void take(Worked worked);
  void mask(act::WorkResult& result) const;
  void take(Delivered delivered);
  void take(Command command);
  void tick();
  void take_records(Time now);
  // From the findings that hold to incidents, and from these to messages.
  void respond(catalog::CatalogReader catalog, Time now);
  void detect();
  void reload();
  std::vector<Error> load_kinds();
  void derive(Time now);
  void forget_history(Time now);
  Duration rest_after(Duration began, Duration every) const;
  void write_own_fact(std::string_view kind, Json body);
  // The findings that hold as series, so that a plan's check can ask for them with PromQL.
  std::vector<SeriesSample> finding_series(Time now);
  void send_notices(Time now);
  void send_reports(Time now);

  class CatalogResources;  // Finds resources for the executor and the policies.

  LoopParts parts_;
  LoopOptions options_;
  ConfigTree config_;
  ConfigReport config_report_;
  BoundedQueue<LoopMessage> inbox_;
  FactBook facts_;
  FindingBook findings_;
  SourceBoard sources_;
  Workshop workshop_;
  std::unique_ptr<CatalogResources> resources_;
  std::unique_ptr<tell::Outbox> outbox_;
  std::unique_ptr<FreezeBoard> freezes_;
  std::unique_ptr<StartGates> gates_;
  std::unique_ptr<act::Executor> executor_;
  std::unique_ptr<IncidentDesk> incidents_;
  std::unique_ptr<PolicyBoard> policies_;
  std::unique_ptr<PictureFeed> picture_;
  ApplySettings apply_settings_;
  CheckRuleNames check_rule_names_;
  LookAtRecords look_at_records_;
  std::vector<Error> problems_;
  std::map<std::string, Seq> helped_;  // The newest successful action of a plan.
  PlanNews plan_news_;
  PlanCards plan_cards_;
  ReportDesk reports_;
  std::string page_;
  std::vector<catalog::RelationSpec> relations_;
  std::vector<std::string> owner_labels_;
  Duration history_retention_{90LL * 86'400'000};
  // Monotonic, as the clock on the wall may be set.
  Duration next_derivation_{0};
  Duration next_notices_{0};
  Duration next_forgetting_{0};
  Duration began_{0};
  Time started_;
  Duration next_tick_{0};  // Monotonic.
  bool detecting_ = false;
  bool worked_ = false;        // An action has ended since the executor moved on.
  bool reload_wanted_ = true;  // Waits while the detector is at work.
  std::jthread thread_;
};

template <class F>
auto Loop::ask(F&& question) -> Result<decltype(question())> {
  using Answer = decltype(question());
  auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> answer = promise->get_future();
  const bool posted = post(Command{[promise, question = std::forward<F>(question)]() mutable {
    if constexpr (std::is_void_v<Answer>) {
      question();
      promise->set_value();
    } else {
      promise->set_value(question());
    }
  }});
  if (!posted) return fail(ErrorCode::kResourceExhausted, "too much is waiting; try again in a moment");
  if (answer.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
    return fail(ErrorCode::kDeadlineExceeded, "no answer within 10 s; what was asked may still be done");
  }
  try {
    return answer.get();
  } catch (const std::future_error&) {
    return fail(ErrorCode::kUnavailable, "Capstan is stopping");
  }
}

}  // namespace capstan::loop
