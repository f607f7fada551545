#include "loop/foresight.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"

namespace capstan::loop {
namespace {

constexpr Duration kLookAgain{1'000};  // At findings that do not hold for long enough yet.
constexpr Duration kLongestFirstLook = std::chrono::minutes(5);

Observation observation_of(std::vector<catalog::RelationChange> changes, Time at) {
  Observation look{.scope = std::string(kPictureScope),
                   .at = at,
                   .resources = {},
                   .relations = {},
                   .complete_kinds = {},
                   .departures = {}};
  for (catalog::RelationChange& change : changes) {
    (change.is_new ? look.relations : look.gone_relations).push_back(std::move(change.relation));
  }
  return look;
}

}  // namespace

Foresight::Foresight(Parts parts)
    : parts_(std::move(parts)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Foresight::~Foresight() { stop(); }

void Foresight::stop() {
  thread_.request_stop();
  tasks_.close();
  if (thread_.joinable()) thread_.join();
}

void Foresight::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (auto task = tasks_.take_within(stop, kLookAgain)) (*task)();
    if (!waiting_.empty()) tell({}, observation_of({}, parts_.clock.now()), {});
  }
}

bool Foresight::begin(Knowledge knowledge, catalog::CatalogReader catalog) {
  auto reader = std::make_shared<catalog::CatalogReader>(std::move(catalog));
  return tasks_.try_put([this, knowledge = std::move(knowledge), reader]() mutable {
    const Status begun = start(std::move(knowledge), *reader);
    if (begun) return;
    checker_.reset();
    rules_.reset();
    picture_.reset();
    tell({}, observation_of({}, parts_.clock.now()), begun);
  });
}

bool Foresight::follow(PictureUpdate update) {
  return tasks_.try_put([this, update = std::move(update)] {
    if (!picture_) return;
    const Status taken = take(update);
    catalog::PictureChanges changes = picture_->take_changes();
    detect::VerdictChange verdicts = rules_->follow(changes);
    std::erase_if(changes.relations, [&](const catalog::RelationChange& change) {
      return !derived_kinds_.contains(change.relation.kind) || change.relation.origin != Origin::kDerived;
    });
    tell(std::move(verdicts), observation_of(std::move(changes.relations), parts_.clock.now()), taken);
  });
}

bool Foresight::hold_findings_back(bool on) {
  return tasks_.try_put([this, on] {
    held_back_since_ = on ? std::optional(parts_.clock.now()) : std::nullopt;
    if (!on) tell({}, observation_of({}, parts_.clock.now()), {});
  });
}

bool Foresight::tell_anew() {
  return tasks_.try_put([this] {
    for (auto& [rule, standing] : standing_) {
      standing.is_told = false;
      waiting_.insert(rule);
    }
    tell({}, observation_of({}, parts_.clock.now()), {});
  });
}

Status Foresight::start(Knowledge knowledge, const catalog::CatalogReader& catalog) {
  checker_.reset();
  rules_.reset();
  derived_kinds_.clear();
  for (const catalog::RelationSpec& spec : knowledge.relations) {
    if (spec.sql.empty()) derived_kinds_.insert(spec.kind);
  }
  std::map<std::string, Standing> before = std::exchange(standing_, {});
  waiting_.clear();
  for (const detect::SqlRule& rule : knowledge.rules) {
    if (rule.on.empty()) continue;
    Standing& standing = standing_[rule.name];
    standing.source = "sql:" + rule.where.file + ":" + rule.name;
    standing.hold = rule.hold;
    if (const auto known = before.find(rule.name); known != before.end()) standing.findings = known->second.findings;
  }
  picture_ = TRY(catalog::Picture::create(std::move(knowledge.kinds), std::move(knowledge.relations)));
  TRY(load(std::move(knowledge.resources)));
  Observation derived = observation_of(picture_->take_changes().relations, parts_.clock.now());
  for (const KindSpec& kind : picture_->kinds()) derived.complete_kinds.push_back(kind.name);
  // What was derived here before is derived again.
  const std::vector<Relation> others = TRY(catalog.relations_but_of(kPictureScope));
  for (const Relation& relation : others) picture_->put_relation(relation);
  (void)picture_->take_changes();
  rules_ = std::make_unique<detect::PictureRules>(*picture_);
  std::vector<Error> problems = rules_->load(std::move(knowledge.rules));
  checker_ = std::make_unique<foresee::Checker>(*picture_, *rules_);
  detect::VerdictChange verdicts = rules_->ask_all();
  problems.insert(problems.end(), verdicts.problems.begin(), verdicts.problems.end());
  // What held before and is not among what holds now is over, so every rule is told.
  std::set<std::string_view> holds;
  for (const Finding& finding : verdicts.broken) holds.insert(finding.id);
  for (auto& [rule, standing] : standing_) {
    std::erase_if(standing.findings, [&](const auto& known) { return !holds.contains(known.first); });
    waiting_.insert(rule);
  }
  verdicts.problems = std::move(problems);
  tell(std::move(verdicts), std::move(derived), {});
  return {};
}

Status Foresight::load(std::vector<catalog::KeptResource> resources) {
  Status status;
  std::ranges::sort(resources, {}, &catalog::KeptResource::id);  // Tables that are filled in order are smaller.
  TRY(picture_->begin_batch());
  for (const catalog::KeptResource& resource : resources) {
    if (const Status put = picture_->put(resource); !put && put.error().code != ErrorCode::kInvalidArgument)
      status = put;
  }
  TRY(picture_->end_batch());
  return status;
}

Status Foresight::take(const PictureUpdate& update) {
  Status status;
  const auto keep = [&](const Status& one) {
    if (!one) status = one;
  };
  TRY(picture_->begin_batch());
  for (const ResourceId& id : update.gone) keep(picture_->remove(id));
  for (const catalog::KeptResource& resource : update.resources) keep(picture_->put(resource));
  for (const catalog::RelationChange& change : update.relations) {
    change.is_new ? picture_->put_relation(change.relation) : picture_->remove_relation(change.relation);
  }
  keep(picture_->end_batch());
  return status;
}

void Foresight::note(const detect::VerdictChange& verdicts, std::set<std::string>& rules) {
  for (const Finding& finding : verdicts.mended) {
    Standing& standing = standing_[finding.rule];
    standing.findings.erase(finding.id);
    standing.untold.erase(finding.id);
    standing.ended.insert(finding.id);
    rules.insert(finding.rule);
  }
  for (const Finding& finding : verdicts.broken) {
    Standing& standing = standing_[finding.rule];
    rules.insert(finding.rule);
    const auto known = standing.findings.find(finding.id);
    const Time since = known == standing.findings.end() ? parts_.clock.now() : known->second.since;
    standing.findings.insert_or_assign(finding.id, finding).first->second.since = since;
    standing.untold.insert(finding.id);
    standing.ended.erase(finding.id);
  }
  for (const Finding& finding : verdicts.changed) {
    Standing& standing = standing_[finding.rule];
    const auto known = standing.findings.find(finding.id);
    if (known == standing.findings.end()) continue;
    const Time since = known->second.since;
    known->second = finding;
    known->second.since = since;
    standing.untold.insert(finding.id);
    rules.insert(finding.rule);
  }
}

Findings Foresight::all_of(const std::string& rule, Time now) {
  Standing& standing = standing_[rule];
  standing.is_told = true;
  standing.ended.clear();
  standing.untold.clear();
  Findings round{.source = standing.source, .at = now, .holding = {}};
  for (const auto& [id, finding] : standing.findings) {
    if (now - finding.since >= standing.hold) {
      round.holding.push_back(finding);
    } else {
      standing.untold.insert(id);
    }
  }
  if (!standing.untold.empty()) waiting_.insert(rule);
  return round;
}

Findings Foresight::news_of(const std::string& rule, Time now) {
  Standing& standing = standing_[rule];
  Findings round{.source = standing.source,
                 .at = now,
                 .holding = {},
                 .is_whole = false,
                 .ended = {standing.ended.begin(), standing.ended.end()}};
  standing.ended.clear();
  std::erase_if(standing.untold, [&](const std::string& id) {
    const Finding& finding = standing.findings.at(id);
    if (now - finding.since < standing.hold) return false;
    round.holding.push_back(finding);
    return true;
  });
  if (!standing.untold.empty()) waiting_.insert(rule);
  return round;
}

void Foresight::tell(detect::VerdictChange verdicts, Observation relations, const Status& status) {
  std::set<std::string> rules = std::exchange(waiting_, {});
  note(verdicts, rules);
  Foreseen foreseen{.rounds = {}, .relations = std::move(relations), .problems = std::move(verdicts.problems)};
  const Time now = parts_.clock.now();
  if (held_back_since_ && now - *held_back_since_ >= kLongestFirstLook) held_back_since_.reset();
  if (held_back_since_) {
    waiting_ = std::move(rules);
  } else {
    for (const std::string& rule : rules) {
      Findings round = standing_[rule].is_told ? news_of(rule, now) : all_of(rule, now);
      if (round.is_whole || !round.holding.empty() || !round.ended.empty()) foreseen.rounds.push_back(std::move(round));
    }
  }
  if (!status) foreseen.problems.push_back(status.error());
  if (!parts_.post(std::move(foreseen))) log::debug("foresight", "the loop is stopping");
}

Status Foresight::enqueue(std::function<void(const Bench*)> task) {
  const bool taken = tasks_.try_put([this, task = std::move(task)] {
    if (!checker_) return task(nullptr);
    const Bench bench{*picture_, *rules_, *checker_};
    task(&bench);
  });
  return taken ? Status() : fail(ErrorCode::kResourceExhausted, "too much is waiting; try again in a moment");
}

Result<foresee::CheckReport> Foresight::check(std::vector<foresee::ObjectDocument> documents,
                                              foresee::CheckOptions options) {
  return ask<foresee::CheckReport>([documents = std::move(documents),
                                    options = std::move(options)](const Bench& bench) -> Result<foresee::CheckReport> {
    return bench.checker.check(documents, options);
  });
}

}  // namespace capstan::loop
