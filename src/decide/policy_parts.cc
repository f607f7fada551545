#include "decide/policy_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/suggest.h"
#include "catalog/sql_fragment.h"
#include "decide/period.h"
#include "decide/verb_choice.h"
#include "model/verb_check.h"

namespace capstan::decide {
namespace {

constexpr std::string_view kWrong = "the SQL is wrong: ";

std::optional<int> read_count(std::string_view text, int least, int most) {
  int value = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

bool is_identifier(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::vector<const ConfigNode*> PartsReader::texts(const ConfigNode& node, std::string_view key) {
  std::vector<const ConfigNode*> found;
  const auto add = [&](const ConfigNode& each) {
    if (each.is_scalar())
      found.push_back(&each);
    else
      problem(each, fmt::format("'{}' must be a text or a list of texts, found {}", key, each.describe()));
  };
  if (node.is_sequence())
    std::ranges::for_each(node.items, add);
  else
    add(node);
  return found;
}

Duration PartsReader::period(const ConfigNode& node, std::string_view key) {
  if (!node.is_scalar()) {
    problem(node, fmt::format("'{}' must be a span of time, found {}", key, node.describe()));
    return {};
  }
  const Result<Duration> value = parse_period(node.scalar);
  if (!value) problem(node, fmt::format("'{}': {}", key, value.error().message));
  return value.value_or(Duration(0));
}

void PartsReader::check_selection(const ConfigNode& node, const Selection& selection) {
  if (!selection.kind.empty() && !is_identifier(selection.kind)) {
    problem(node, fmt::format("'{}' is no name of a kind", selection.kind));
    return;
  }
  if (!selection.kind.empty() && !vocabulary_.kinds.empty() &&
      std::ranges::find(vocabulary_.kinds, selection.kind) == vocabulary_.kinds.end()) {
    const std::vector<std::string_view> kinds(vocabulary_.kinds.begin(), vocabulary_.kinds.end());
    problem(node, fmt::format("no pack declares the kind '{}'{}", selection.kind, did_you_mean(selection.kind, kinds)));
    return;
  }
  for (const std::string* part : {&selection.where, &selection.sql}) {
    if (part->empty()) continue;
    if (const Status whole = catalog::check_fragment(*part); !whole) {
      problem(node, fmt::format("{}{}", kWrong, whole.error().message));
      return;
    }
  }
  if (!vocabulary_.sql) return;
  std::string sql = selection.sql;
  if (!selection.where.empty() && !selection.kind.empty()) {
    sql = fmt::format("SELECT id FROM {} WHERE ({})", selection.kind, selection.where);
  }
  if (sql.empty()) return;
  if (Status checked = vocabulary_.sql->check(sql); !checked)
    problem(node, std::string(kWrong) + checked.error().message);
}

// A condition that can be asked without the kind's table is the same for all of the kind.
bool PartsReader::depends_on_resource(const Selection& selection) const {
  if (!selection.labels.empty()) return true;
  if (selection.where.empty()) return false;
  return !vocabulary_.sql || !vocabulary_.sql->check(fmt::format("SELECT ({})", selection.where));
}

Selection PartsReader::targets(const ConfigNode& node) {
  bool all = false;
  const size_t mistakes = problems_.size();
  Selection selection = this->selection(node, "'select'", "", &all);
  // Of what could not be read nobody knows what it chooses.
  if (selection.kind.empty() || problems_.size() > mistakes) return selection;
  const bool chooses = depends_on_resource(selection);
  if (all && chooses) {
    problem(node, fmt::format("'all: true' means every {}, but labels or where choose among them", selection.kind));
  } else if (!all && !chooses) {
    problem(node, fmt::format("this selects every {}; say which by labels or where, or that all are meant: all: true",
                              selection.kind));
  }
  return selection;
}

Selection PartsReader::selection(const ConfigNode& node, std::string_view what, std::string_view default_kind,
                                 bool* all) {
  Selection selection;
  selection.at = node.where;
  if (node.is_scalar()) {
    selection.sql = node.scalar;
    check_selection(node, selection);
    return selection;
  }
  MapReader reader(node, what);
  selection.kind = reader.string_or("kind", default_kind);
  selection.where = reader.string_or("where", "");
  if (all) *all = reader.bool_or("all", false);
  if (const ConfigNode* labels = reader.node("labels")) {
    if (!labels->is_scalar()) {
      reader.problem(*labels, "'labels' must be a selector like \"env=dev,tier!=db\"");
    } else if (Result<LabelSelector> parsed = LabelSelector::parse(labels->scalar)) {
      selection.labels = std::move(*parsed);
    } else {
      reader.problem({parsed.error().code, parsed.error().message, labels->where});
    }
  }
  if (!selection.where.empty() && selection.kind.empty())
    reader.problem(node, fmt::format("'where' needs the 'kind' that it is about"));
  take_problems(reader);
  const ConfigNode* where = node.find("where");
  const ConfigNode* kind = node.find("kind");
  check_selection(where ? *where : kind ? *kind : node, selection);
  return selection;
}

Trigger PartsReader::trigger(const ConfigNode& node) {
  Trigger trigger;
  MapReader reader(node, "'when'");
  const bool alert = reader.has("alert");
  const bool incident = reader.has("incident");
  const bool cron = reader.has("cron");
  trigger.name = reader.string_or(incident ? "incident" : "alert", "");
  if (alert + incident + cron != 1) {
    reader.problem(node, "'when' needs exactly one of alert, incident and cron");
  }
  if (alert && trigger.name.empty()) reader.problem(node, "'alert' must name a rule");
  if (incident && trigger.name == "any") trigger.name.clear();
  trigger.kind = cron ? Trigger::Kind::kCron : incident ? Trigger::Kind::kIncident : Trigger::Kind::kAlert;
  if (!cron) {
    if (const ConfigNode* hold = reader.node("for")) trigger.hold = period(*hold, "for");
    if (const ConfigNode* severity = reader.node("severity")) {
      const std::optional<Severity> parsed = parse_severity(severity->scalar);
      if (!parsed) reader.problem(*severity, "'severity' must be info, low, medium, high or critical");
      trigger.at_least = parsed.value_or(Severity::kInfo);
    }
  }
  if (incident) {
    trigger.confidence = reader.number_or("confidence", trigger.confidence);
    if (!(trigger.confidence >= 0 && trigger.confidence <= 1))
      reader.problem(node, "'confidence' must lie between 0 and 1");
  }
  if (cron) {
    std::optional<Zone> zone = zone_;
    if (const ConfigNode* named = reader.node("zone")) {
      Result<Zone> found = Zone::find(named->scalar);
      if (found)
        zone = *found;
      else
        reader.problem(*named, found.error().message);
    }
    const std::string expression = reader.required_string("cron");
    if (!zone) reader.problem(node, "'cron' needs a 'zone'");
    Result<Cron> parsed = Cron::parse(expression, zone.value_or(Zone()));
    if (parsed)
      trigger.cron = std::move(*parsed);
    else if (!expression.empty())
      reader.problem(*node.find("cron"), parsed.error().message);
    if (const ConfigNode* late = reader.node("catch_up")) trigger.catch_up = period(*late, "catch_up");
  }
  take_problems(reader);
  return trigger;
}

void PartsReader::read_exception(const ConfigNode& node, Schedule& schedule) {
  constexpr std::string_view kPrefix = "calendar/";
  if (!node.scalar.starts_with(kPrefix)) {
    Result<Window> window = Window::parse(node.scalar, zone_);
    if (window)
      schedule.add_exception(std::move(*window));
    else
      problem(node, window.error().message);
    return;
  }
  const std::string name = node.scalar.substr(kPrefix.size());
  if (!vocabulary_.calendars) return schedule.add_exception(node.scalar, std::make_shared<const Calendar>());
  Result<std::shared_ptr<const Calendar>> found = find_calendar(*vocabulary_.calendars, name);
  if (!found) return problem(node, found.error().to_string());
  schedule.add_exception(node.scalar, std::move(*found));
}

Schedule PartsReader::schedule(const ConfigNode* windows, const ConfigNode* exceptions) {
  Schedule schedule;
  if (windows && !windows->is_map()) {
    for (const ConfigNode* text : texts(*windows, "during")) {
      Result<Window> window = Window::parse(text->scalar, zone_);
      if (window)
        schedule.add(std::move(*window));
      else
        problem(*text, window.error().message);
    }
  }
  if (exceptions) {
    if (exceptions->is_scalar()) read_exception(*exceptions, schedule);
    for (const ConfigNode& item : exceptions->items) {
      if (item.is_scalar())
        read_exception(item, schedule);
      else if (!item.is_map())
        problem(item, fmt::format("'except' must be texts, or {{ of: SQL }}, found {}", item.describe()));
    }
  }
  return schedule;
}

WantedState PartsReader::wanted(const ConfigNode& node, std::string_view kind) {
  WantedState state;
  state.at = node.where;
  std::string verb;
  if (node.is_scalar()) {
    state.name = node.scalar;
    if (state.name.empty()) problem(node, "a state must not be empty");
  } else {
    MapReader reader(node, "a state");
    state.name = reader.required_string("state");
    state.column = reader.string_or("column", state.column);
    state.values = reader.strings("is");
    verb = reader.string_or("by", "");
    if (const ConfigNode* with = reader.node("with")) {
      if (with->is_map())
        state.parameters = with->to_json();
      else
        reader.problem(*with, "'with' must be a map of parameters");
    }
    if (!is_identifier(state.column))
      reader.problem(reader.at("column"), fmt::format("'{}' is no name of a column", state.column));
    else if (const ConfigNode* column = node.find("column"))
      check_expression(*column, kind);
    take_problems(reader);
  }
  if (state.values.empty()) state.values = habitual_values(state.name);
  if (vocabulary_.verbs.empty() || state.name.empty()) {
    state.verb = verb;
    return state;
  }
  const Result<const VerbSpec*> chosen = verb.empty() ? choose_verb_for_state(vocabulary_.verbs, state.name, kind)
                                                      : choose_verb(vocabulary_.verbs, verb, kind);
  if (!chosen) {
    problem(node, chosen.error().message);
    return state;
  }
  state.verb = (*chosen)->name;
  if (Status checked = check_parameters(**chosen, state.parameters); !checked) problem(node, checked.error().message);
  return state;
}

void PartsReader::check_expression(const ConfigNode& node, std::string_view kind) {
  Status checked = catalog::check_fragment(node.scalar);
  if (checked && vocabulary_.sql && !kind.empty())
    checked = vocabulary_.sql->check(fmt::format("SELECT ({}) FROM {}", node.scalar, kind));
  if (!checked) problem(node, std::string(kWrong) + checked.error().message);
}

Kept PartsReader::one_kept(const ConfigNode& node, std::string_view kind) {
  Kept kept;
  MapReader reader(node, "a condition of 'keep'");
  kept.name = reader.required_string("is");
  kept.so = reader.required_string("so");
  if (const ConfigNode* so = node.find("so"); so && !kept.so.empty()) check_expression(*so, kind);
  kept.step.at = node.where;
  kept.step.verb = reader.required_string("by");
  if (const ConfigNode* with = reader.node("with")) {
    if (with->is_map())
      kept.step.parameters = with->to_json();
    else
      reader.problem(*with, "'with' must be a map of parameters");
  }
  const std::string when = reader.one_of("while", {"always", "kept", "not kept"}, "always");
  if (when != "always") kept.when = when == "kept" ? Kept::While::kKept : Kept::While::kNotKept;
  take_problems(reader);
  choose(kept.step, node.find("by") ? *node.find("by") : node, kind);
  return kept;
}

std::vector<Kept> PartsReader::kept(const ConfigNode& node, std::string_view kind) {
  std::vector<Kept> all;
  if (node.items.empty()) problem(node, "a list of conditions must not be empty");
  if (node.items.size() > 40) problem(node, "more than 40 conditions");
  for (const ConfigNode& item : node.items) all.push_back(one_kept(item, kind));
  return all;
}

std::string PartsReader::own(const ConfigNode& node, std::string_view key, std::string_view kind) {
  MapReader reader(node, fmt::format("'{}'", key));
  std::string sql = reader.required_string("of");
  take_problems(reader);
  if (const ConfigNode* of = node.find("of"); of && !sql.empty()) check_expression(*of, kind);
  return sql;
}

std::string PartsReader::hours(const ConfigNode& windows, std::string_view kind) {
  return windows.is_map() ? own(windows, "during", kind) : "";
}

std::string PartsReader::holidays(const ConfigNode& exceptions, std::string_view kind) {
  if (exceptions.is_map()) return own(exceptions, "except", kind);
  std::string sql;
  for (const ConfigNode& item : exceptions.items) {
    if (!item.is_map()) continue;
    if (!sql.empty()) problem(item, "'except' takes one { of: SQL }");
    sql = own(item, "except", kind);
  }
  return sql;
}

std::map<std::string, std::string, std::less<>> PartsReader::deletes() const {
  std::map<std::string, std::string, std::less<>> found;
  std::set<std::string> several;
  for (const VerbSpec* verb : vocabulary_.verbs) {
    const std::string name = verb->name.substr(verb->name.rfind('.') + 1);
    const bool needs_nothing = std::ranges::none_of(verb->parameters, &VerbSpec::Parameter::required);
    if (!name.starts_with("delete") || !needs_nothing) continue;
    for (const std::string& kind : verb->target_kinds) {
      if (!found.emplace(kind, verb->name).second) several.insert(kind);
    }
  }
  for (const std::string& kind : several) found.erase(kind);
  return found;
}

void PartsReader::choose(Step& step, const ConfigNode& at, std::string_view kind) {
  if (vocabulary_.verbs.empty() || step.verb.empty()) return;
  if (step.verb == kDeleteAllOf) {
    if (!step.parameters.members().empty()) problem(at, "'delete_all_of' takes no parameters");
    return;
  }
  const Result<const VerbSpec*> chosen = choose_verb(vocabulary_.verbs, step.verb, kind);
  if (!chosen) return problem(at, chosen.error().message);
  step.verb = (*chosen)->name;
  if (Status checked = check_parameters(**chosen, step.parameters); !checked) problem(at, checked.error().message);
}

// each, all, or how long after the step before.
void PartsReader::read_after(const ConfigNode& node, Step& step) {
  constexpr Duration kLongest{366LL * 86'400'000};
  if (node.scalar == "each") return;
  step.after_all = node.scalar == "all";
  if (step.after_all) return;
  const Result<Duration> wait = parse_period(node.scalar);
  if (!node.is_scalar() || !wait || *wait <= Duration(0) || *wait > kLongest) {
    problem(node, fmt::format("'after' is each, all or a time to wait, like P2D, at most a year; found '{}'",
                              node.is_scalar() ? node.scalar : std::string(node.describe())));
    return;
  }
  step.wait = *wait;
}

Step PartsReader::step(const ConfigNode& node, std::string_view kind) {
  Step step;
  step.at = node.where;
  if (node.is_scalar()) {  // - stop
    step.verb = node.scalar;
  } else if (node.find("verb")) {  // - verb: host.stop_process, with: {…}
    MapReader reader(node, "a step");
    step.verb = reader.required_string("verb");
    if (const ConfigNode* after = reader.node("after")) read_after(*after, step);
    if (const ConfigNode* with = reader.node("with")) {
      if (with->is_map())
        step.parameters = with->to_json();
      else
        reader.problem(*with, "'with' must be a map of parameters");
    }
    take_problems(reader);
  } else if (node.is_map() && node.members.size() == 1) {  // - stop: {…}
    const ConfigMember& member = node.members.front();
    step.verb = member.key.scalar;
    if (member.value.is_map())
      step.parameters = member.value.to_json();
    else if (!member.value.is_null())
      problem(member.value, fmt::format("the parameters of '{}' must be a map", step.verb));
  } else {
    problem(node, "a step is 'verb', 'verb: {parameters}' or 'verb: NAME' with 'with:' and 'after:'");
  }
  choose(step, node, kind);
  return step;
}

std::vector<Step> PartsReader::steps(const ConfigNode& node, std::string_view kind) {
  std::vector<Step> steps;
  if (!node.is_sequence()) {
    steps.push_back(step(node, kind));
    return steps;
  }
  if (node.items.empty()) problem(node, "'do' needs at least one step");
  if (node.items.size() > 20) problem(node, "'do' has more than 20 steps");
  for (const ConfigNode& item : node.items) steps.push_back(step(item, kind));
  return steps;
}

Limits PartsReader::limits(const ConfigNode& node, Policy& policy) {
  Limits limits;
  MapReader reader(node, "'limits'");
  if (const ConfigNode* in_flight = reader.node("in_flight")) {
    const std::string& text = in_flight->scalar;
    if (text.ends_with('%')) {
      const std::optional<int> percent = read_count(text.substr(0, text.size() - 1), 1, 100);
      if (!percent) reader.problem(*in_flight, "'in_flight' must be 1% to 100%, or a number");
      limits.in_flight_share = percent.value_or(25) / 100.0;
    } else {
      const std::optional<int> count = read_count(text, 1, 100'000);
      if (!count) reader.problem(*in_flight, "'in_flight' must be 1% to 100%, or a number from 1 on");
      limits.in_flight = count.value_or(1);
    }
  }
  if (const ConfigNode* rate = reader.node("rate")) {
    const size_t slash = rate->scalar.find('/');
    const std::string_view unit = slash == std::string::npos ? "min" : std::string_view(rate->scalar).substr(slash + 1);
    const std::optional<int> count = read_count(std::string_view(rate->scalar).substr(0, slash), 1, 100'000);
    if (!count || (unit != "min" && unit != "m" && unit != "minute")) {
      reader.problem(*rate, "'rate' must be a number a minute, like 50/min");
    }
    limits.per_minute = count.value_or(limits.per_minute);
  }
  limits.total = static_cast<int>(reader.int_or("total", limits.total, 1, 1'000'000));
  limits.failures = static_cast<int>(reader.int_or("failures", limits.failures, 0, 1'000'000));
  limits.canary = reader.bool_or("canary", limits.canary);
  if (const ConfigNode* budget = reader.node("budget")) policy.budget = read_budget(*budget, zone_, problems_);
  take_problems(reader);
  return limits;
}

Warning PartsReader::warning(const ConfigNode& node) {
  Warning warning;
  MapReader reader(node, "'warn'");
  warning.to = reader.required_string("to");
  if (const ConfigNode* before = reader.node("before")) {
    for (const ConfigNode* text : texts(*before, "before")) warning.before.push_back(period(*text, "before"));
  }
  if (warning.before.empty()) reader.problem(node, "'warn' needs 'before', like [P7D, P1D]");
  std::ranges::sort(warning.before);
  take_problems(reader);
  return warning;
}

void PartsReader::verify(const ConfigNode& node, Policy& policy) {
  const ConfigNode* query = &node;
  if (node.is_map()) {
    MapReader reader(node, "'verify'");
    policy.verify = reader.required_string("query");
    if (const ConfigNode* within = reader.node("within")) policy.verify_within = period(*within, "within");
    take_problems(reader);
    query = node.find("query");
  } else if (node.is_scalar()) {
    policy.verify = node.scalar;
  } else {
    problem(node, "'verify' must be PromQL, or { query, within }");
  }
  if (!vocabulary_.signals || policy.verify.empty() || !query) return;
  if (Status checked = vocabulary_.signals->check(policy.verify); !checked) {
    problem(*query, "the PromQL of 'verify' is wrong: " + checked.error().message);
  }
}

void PartsReader::undo(const ConfigNode& node, Policy& policy) {
  constexpr std::string_view kQuiet = "when the alert is quiet for ";
  policy.undo_on_failure = false;
  for (const ConfigNode* text : texts(node, "undo")) {
    const std::string_view says = text->scalar;
    if (says == "when verify fails" || says == "on failure") {
      policy.undo_on_failure = true;
    } else if (says.starts_with(kQuiet)) {
      const Result<Duration> quiet = parse_period(says.substr(kQuiet.size()));
      if (quiet)
        policy.undo_after_quiet = *quiet;
      else
        problem(*text, quiet.error().message);
      // A clock has no name, and "any" incident none that could be quiet.
      if (!policy.when || policy.when->name.empty())
        problem(*text, "'when the alert is quiet' needs 'when' with an alert, or with an incident of a named rule");
    } else if (says != "never") {
      problem(
          *text,
          fmt::format("'undo' is 'when verify fails', 'when the alert is quiet for 15m' or 'never', found '{}'", says));
    }
  }
}

}  // namespace capstan::decide
