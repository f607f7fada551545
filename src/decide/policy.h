// A policy, as read: which resources, when, what, and under which guard. Says nothing of how it is decided.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "decide/budget.h"
#include "decide/calendar.h"
#include "decide/cron.h"
#include "decide/schedule.h"
#include "model/action.h"
#include "model/finding.h"
#include "model/label_selector.h"

namespace capstan::decide {

struct Selection {
  std::string kind;  // "" only where `sql` or the trigger names the targets.
  LabelSelector labels;
  std::string where;  // An SQL condition over the kind's table.
  std::string sql;    // A whole SELECT whose first column is the id; then kind, labels and where are empty.
  Where at;

  bool empty() const { return kind.empty() && sql.empty() && labels.empty() && where.empty(); }
};

// When a policy does something once. Without a selection the targets are what the trigger points at.
struct Trigger {
  enum class Kind {
    kAlert,     // A finding of rule `name` holds; its resource is the target.
    kIncident,  // An incident is open in which rule `name` (any for "") takes part; its first cause is the target.
    kCron,      // The clock says so; the selection is the target.
  };
  Kind kind = Kind::kAlert;
  std::string name;
  Duration hold{0};  // `for`: how long it must have held.
  Severity at_least = Severity::kInfo;
  double confidence = 0.5;  // The least score of a cause that may be acted on.
  std::optional<Cron> cron;
  Duration catch_up{3'600'000};  // How late a missed time of the clock may still be made up.
};

// A wanted state: how to see it and what brings it about.
struct WantedState {
  std::string name;                 // "running"
  std::string column = "state";     // The field that shows it.
  std::vector<std::string> values;  // What the field says when it is so.
  std::string verb;                 // Full name, once the verbs are known.
  Json parameters = Json::object();
  Where at;
};

struct Step {
  std::string verb;  // Full name, once the verbs are known; or kDeleteAllOf.
  Json parameters = Json::object();
  bool after_all = false;  // Starts only when the step before has succeeded on every target.
  Duration wait{0};        // How long after the step before has succeeded; 0 for at once.
  Where at;
};

// A step that is no verb: deletes everything that belongs to the target, each by the verb of its kind, what depends on
// others first.
inline constexpr std::string_view kDeleteAllOf = "delete_all_of";

// Something that must be so of a target, and the step that brings it about.
struct Kept {
  enum class While {
    kAlways,
    kKept,     // While somebody keeps the target: up for what is wanted within the hours, down for the rest.
    kNotKept,  // While nobody does.
  };
  std::string name;  // "has a cluster"
  std::string so;    // An SQL condition over the kind's table.
  Step step;
  While when = While::kAlways;

  bool counts(bool is_kept) const { return when == While::kAlways || (when == While::kKept) == is_kept; }
};

// A target's own schedule as one text, from what the expressions for its window and its calendars gave:
// "Mon-Fri 09:00-18:00 Asia/Seoul except calendar/kr". `calendars` may be one name or several, or a JSON list of them.
std::string own_schedule(std::string_view hours, std::string_view calendars);

// What a policy keeps so: one state (or list of conditions) within its schedule, another (or none) outside of it.
struct Ensure {
  WantedState inside;
  std::optional<WantedState> outside;
  std::vector<Kept> kept;          // In place of `inside`,
  std::vector<Kept> kept_outside;  // and of `outside`.
  Schedule schedule;
  std::string hours;         // An SQL expression that gives each target's own window; "" where all have the schedule's.
  std::string holidays;      // The same for the names of each target's own calendars of exceptions.
  std::optional<Zone> zone;  // Of windows in it that name none.
  // What such names mean; nothing where calendars are not known, and then their names are not checked.
  std::optional<Calendars> calendars;

  bool has_own_schedules() const { return !hours.empty() || !holidays.empty(); }
  // The schedule of a target whose own one is `own`, as own_schedule makes it. kInvalidArgument where that is not
  // understood, or names a calendar that there is not.
  Result<Schedule> schedule_of(const std::string& own) const;
  bool is_list() const { return !kept.empty() || !kept_outside.empty(); }
};

// Whom to tell before a policy will touch something that does not match yet.
struct Warning {
  std::string to;
  std::vector<Duration> before;  // Rising.
};

struct Policy {
  std::string name;
  std::string help;
  std::string version;  // SHA-256 of its canonical text: comments and layout do not count.
  Where at;

  Selection select;
  std::vector<Selection> never;  // Whoever matches one is left alone, whatever else says.
  std::optional<Trigger> when;   // Either this and `steps` …
  std::vector<Step> steps;
  std::optional<Ensure> ensure;  // … or this.

  bool order_depends_on = false;
  Limits limits;
  std::optional<Budget> budget;
  std::string verify;
  Duration verify_within{60'000};
  bool undo_on_failure = true;
  std::optional<Duration> undo_after_quiet;  // Only with a named rule: undone when it has not held for so long.
  // "ask"; "none"; or "standing": asked once for each resource, what is approved then is approved for good.
  std::string approval = "ask";
  std::vector<std::string> grants;  // Policies that a person who approves a plan of this one approves of, too.
  Where grants_at;
  std::optional<Duration> cooldown;  // Nothing: once an occurrence.
  Duration respect_manual{0};        // How long a person's hand on a resource is respected.
  std::optional<Warning> warn;
  // The verb that deletes a resource of a kind, for steps that delete what belongs to a target.
  std::map<std::string, std::string, std::less<>> deletes;

  bool deletes_all() const;
  // Whether a step waits for days: docs/reference/policies.md.
  bool is_staged() const;
  // Whether its selection or its conditions ask for resources of a kind.
  bool reads(std::string_view kind) const;
};

}  // namespace capstan::decide
