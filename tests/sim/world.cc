#include "sim/world.h"

#include <fmt/format.h>

#include <utility>

namespace capstan::sim {

void World::put(Resource resource) {
  ++version_;
  resources_[resource.id] = std::move(resource);
}

void World::remove(const ResourceId& id) {
  ++version_;
  resources_.erase(id);
}

void World::set_field(const ResourceId& id, const std::string& field, Json value) {
  const auto found = resources_.find(id);
  if (found == resources_.end()) return;
  ++version_;
  ++field_writes_[{id, field}];
  found->second.fields.set(field, std::move(value));
}

void World::set_label(const ResourceId& id, std::string_view name, std::string_view value) {
  const auto found = resources_.find(id);
  if (found == resources_.end()) return;
  ++version_;
  if (value.empty())
    found->second.labels.erase(std::string(name));
  else
    found->second.labels.insert_or_assign(std::string(name), std::string(value));
}

void World::look() {
  if (seen_version_ == version_ && seen_.size() == resources_.size()) return;
  seen_ = resources_;
  seen_version_ = version_;
}

void World::deliver_late() {
  const std::vector<std::function<void()>> late = std::exchange(late_, {});
  for (const auto& deliver : late) deliver();
}

const Resource* World::find(const ResourceId& id) const {
  const auto found = resources_.find(id);
  return found == resources_.end() ? nullptr : &found->second;
}

std::string World::state(const ResourceId& id) const {
  const auto found = resources_.find(id);
  return found == resources_.end() ? "gone" : found->second.fields["state"].string_or_empty();
}

Fault World::next_fault(const ResourceId& target) {
  if (roll) return roll();
  for (const ResourceId& key : {target, ResourceId()}) {
    const auto found = faults_.find(key);
    if (found == faults_.end()) continue;
    const Fault fault = found->second;
    faults_.erase(found);
    return fault;
  }
  return Fault::kNone;
}

bool World::blind() {
  if (outage_) return true;
  const bool blind = roll_blind ? roll_blind() : blind_;
  if (blind) count("fault: a probe that cannot tell");
  return blind;
}

void World::take_effect(const Action& action, const ResourceId& target, const std::string& field, const Json& value,
                        bool undo) {
  const Resource* resource = find(target);
  if (!resource) return;
  const Json prior = resource->fields[field];
  set_field(target, field, value);
  effects_.push_back(
      {clock_.now(), action.id, action.verb, target, undo, prior, value, field_writes_[{target, field}]});
  if (on_effect) on_effect(effects_.back());
}

// A verb that changes one field of a resource. What it does to the field is a function of the value before.
class StateVerb final : public Verb {
 public:
  using Change = std::function<Json(const Json& before, const Json& parameters)>;
  StateVerb(World& world, VerbSpec spec, std::string field, Change change)
      : world_(world), spec_(std::move(spec)), field_(std::move(field)), change_(std::move(change)) {}

  const VerbSpec& spec() const override { return spec_; }

  Status check(const Resource&, const Json&) const override { return {}; }

  Result<Json> state_before(const Resource& target, const Json& parameters) override {
    world_.called("state_before");
    if (world_.outage()) {
      world_.count("fault: the counterpart cannot be reached before an action");
      return fail(ErrorCode::kUnavailable, "the counterpart cannot be reached");
    }
    const Resource* resource = world_.find(target.id);
    if (!resource) return fail(ErrorCode::kNotFound, target.id + " is gone");
    const Json value = resource->fields[field(parameters)];
    return Json::object({{"value", value}, {"wanted", change_(value, parameters)}});
  }

  Performed perform(const Action& action, const Resource& target, const Json& before, const std::stop_token&) override {
    world_.called("perform");
    return answered(action, change(action, target, before["wanted"], false));
  }

  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override {
    world_.called("probe");
    world_.looks_.push_back(short_name() + " " + target.id);
    const ProbeAnswer shows = look(action, target, before);
    if (world_.on_probe) world_.on_probe(action.id, shows);
    return shows;
  }

  Performed undo(const Action& action, const Resource& target, const Json& before, const std::stop_token&) override {
    world_.called("undo");
    return answered(action, change(action, target, before["value"], true));
  }

 private:
  std::string short_name() const { return spec_.name.substr(spec_.name.rfind('.') + 1); }

  std::string field(const Json& parameters) const {
    return field_.empty() ? parameters["field"].string_or_empty() : field_;
  }

  ProbeAnswer look(const Action& action, const Resource& target, const Json& before) {
    const Resource* resource = world_.find(target.id);
    if (world_.blind() || !resource) return ProbeAnswer::kCannotTell;
    const Json& now = resource->fields[field(action.parameters)];
    if (now == before["wanted"]) return ProbeAnswer::kHappened;
    return now == before["value"] ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kCannotTell;
  }

  Performed answered(const Action& action, Performed performed) const {
    if (world_.on_answer) world_.on_answer(action.id, performed);
    return performed;
  }

  Performed change(const Action& action, const Resource& target, const Json& value, bool undo) {
    if (world_.outage()) {
      world_.count("fault: the counterpart cannot be reached for an action");
      return {ActionState::kUnknown, "the connection was lost", {}};
    }
    if (!world_.find(target.id)) return {ActionState::kFailed, target.id + " is gone", {}};
    Fault fault = world_.next_fault(target.id);
    // What must happen once at most must not happen when it has been looked for and not been found.
    if (fault == Fault::kLate && !spec_.idempotent) fault = Fault::kTimeoutBefore;
    if (fault == Fault::kFrozenBefore && !spec_.idempotent) fault = Fault::kFrozenAfter;
    switch (fault) {
      case Fault::kRefuse: world_.count("fault: refused"); return {ActionState::kFailed, "refused", {}};
      case Fault::kTimeoutBefore:
        world_.count("fault: no answer, not done");
        return {ActionState::kUnknown, "no answer", {}};
      case Fault::kLie: world_.count("fault: a false answer"); return {ActionState::kSucceeded, "done", {}};
      case Fault::kLate:
        world_.count("fault: no answer, and done later");
        world_.late_.push_back([this, action, target, value, undo] { take_late_effect(action, target, value, undo); });
        return {ActionState::kUnknown, "no answer", {}};
      case Fault::kFrozenBefore:
        world_.count("fault: a node is frozen before its request arrives");
        world_.on_freeze();
        take_late_effect(action, target, value, undo);
        return {ActionState::kSucceeded, "done", {}};
      default: break;
    }
    take_effect(action, target, value, undo);
    if (fault == Fault::kFrozenAfter) {
      world_.count("fault: a node is frozen before it hears the answer");
      world_.on_freeze();
    }
    if (fault == Fault::kTimeoutAfter) {
      world_.count("fault: no answer, but done");
      return {ActionState::kUnknown, "no answer", {}};
    }
    if (fault == Fault::kFalseRefusal) {
      world_.count("fault: refused, but done");
      return {ActionState::kFailed, "refused", {}};
    }
    return {ActionState::kSucceeded, "done", {}};
  }

  // What has been killed is not started or stopped any more.
  void take_late_effect(const Action& action, const Resource& target, const Json& value, bool undo) {
    if (world_.state(target.id) != "dead") take_effect(action, target, value, undo);
  }

  void take_effect(const Action& action, const Resource& target, const Json& value, bool undo) {
    world_.take_effect(action, target.id, field(action.parameters), value, undo);
  }

  World& world_;
  VerbSpec spec_;
  std::string field_;  // "" for the one that the parameters name.
  Change change_;
};

void add_verbs(World& world, VerbRegistry& verbs, const std::vector<std::string>& kinds) {
  const auto constant = [](const char* value) { return [value](const Json&, const Json&) { return Json(value); }; };
  const auto add = [&](VerbSpec spec, std::string field, StateVerb::Change change) {
    spec.target_kinds = kinds;
    (void)verbs.add(std::make_unique<StateVerb>(world, std::move(spec), std::move(field), std::move(change)));
  };
  add({.name = "sim.start", .title = "Start", .danger = Danger::kDisruptive, .idempotent = true, .undoable = true},
      "state", constant("running"));
  add({.name = "sim.stop", .title = "Stop", .danger = Danger::kDisruptive, .idempotent = true, .undoable = true},
      "state", constant("stopped"));
  add({.name = "sim.kill", .title = "Kill", .danger = Danger::kDestructive}, "state", constant("dead"));
  add({.name = "sim.bump", .title = "Count up", .danger = Danger::kSafe, .idempotent = false, .undoable = true},
      "count", [](const Json& before, const Json&) { return Json(before.int_or(0) + 1); });
  add({.name = "sim.set",
       .title = "Set a field",
       .parameters = {{.name = "field", .type = ColumnType::kText, .required = true},
                      {.name = "to", .type = ColumnType::kInteger}},
       .danger = Danger::kSafe,
       .idempotent = true,
       .undoable = true},
      "", [](const Json&, const Json& parameters) { return parameters["to"]; });
}

Result<std::optional<Resource>> WorldResources::find(const ResourceId& id) const {
  if (world_.senses_down()) return fail(ErrorCode::kUnavailable, "the catalog cannot be asked");
  const auto found = world_.seen().find(id);
  if (found == world_.seen().end()) return std::nullopt;
  return found->second;
}

Result<std::vector<SeriesSample>> WorldSignals::query(std::string_view promql, Time at) const {
  if (promql.starts_with("error") || world_.senses_down())
    return fail(ErrorCode::kUnavailable, "the metrics cannot be asked");
  const auto found = world_.signals().find(std::string(promql));
  if (found == world_.signals().end()) return std::vector<SeriesSample>();
  return std::vector<SeriesSample>{{Labels(), {to_unix_ms(at), found->second}}};
}

Result<std::vector<Series>> WorldSignals::query_range(std::string_view, Time, Time, Duration) const {
  return fail(ErrorCode::kUnimplemented, "the simulated world has no past");
}

Status WorldSignals::check(std::string_view promql) const {
  if (promql.find("((") != std::string_view::npos) return fail(ErrorCode::kInvalidArgument, "1:1: unexpected '('");
  return {};
}

Result<const decide::ScratchSql*> WorldSql::scratch() const {
  if (world_.senses_down()) return fail(ErrorCode::kUnavailable, "the catalog cannot be asked");
  if (!scratch_ || version_ != world_.seen_version()) {
    std::vector<Resource> resources;
    for (const auto& [id, resource] : world_.seen()) resources.push_back(resource);
    scratch_ = TRY(decide::ScratchSql::make(resources));
    version_ = world_.seen_version();
  }
  return scratch_.get();
}

Result<Table> WorldSql::query(std::string_view sql, Time at, const Options& options) const {
  const decide::ScratchSql* scratch_now = TRY(scratch());
  return scratch_now->query(sql, at, options);
}

Status WorldSql::check(std::string_view sql) const {
  const decide::ScratchSql* scratch_now = TRY(scratch());
  return scratch_now->check(sql);
}

}  // namespace capstan::sim
