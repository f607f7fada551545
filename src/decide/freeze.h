// A change freeze: times at which nothing, or nothing of a selection, may act. Pure: what is frozen is asked for a
// time.
//
//   freeze: year-end
//   during: 2026-12-24 18:00 to 2027-01-02 09:00     # or a window of the week; one or several
//   calendar: kr                                     # the days of calendar/kr.ics; one or several
//   zone: Asia/Seoul
//   only: { policies: [trial-*], kinds: [ec2], verbs: ["*.delete*"], labels: "site=seoul", danger: destructive }
//   except: { policies: [emergency-*], people: [alice], roles: [admin] }
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decide/calendar.h"
#include "decide/dated_span.h"
#include "decide/window.h"
#include "model/label_selector.h"
#include "model/verb.h"
#include "model/words.h"

namespace capstan::decide {

// What may be held back.
struct HeldAction {
  std::string_view policy;  // "" where a person or an incident asks for it.
  std::string_view verb;    // Full name.
  std::string_view kind;    // Of its target.
  Danger danger = Danger::kDestructive;
  const ResourceLabels* labels = nullptr;  // Of its target; nullptr where it is not known, and then no label matches.
};

struct Freeze {
  std::string name;
  std::string help;
  Where at;
  // What is wrong with what was written, and why it is taken at its widest; "" where all of it was read.
  std::string mistake;

  std::vector<Window> windows;
  std::vector<DatedSpan> spans;
  struct NamedCalendar {
    std::string name;  // "calendar/kr"
    std::shared_ptr<const Calendar> calendar;
  };
  std::vector<NamedCalendar> calendars;
  Zone zone;  // Of all-day events, and of the times that people read.

  // What it covers: all of these that are named must match. In patterns * is anything.
  struct Scope {
    std::vector<std::string> policies;  // Patterns. What is no policy's is not meant where some are named.
    std::vector<std::string> kinds;     // Patterns.
    std::vector<std::string> verbs;     // Patterns of the full name, or its last part.
    LabelSelector labels;
    std::optional<Danger> danger;  // As dangerous as this, or more.

    bool covers_all() const { return policies.empty() && kinds.empty() && verbs.empty() && labels.empty() && !danger; }
  };
  Scope only;

  std::vector<std::string> except_policies;  // Patterns: they act all the same.
  // Who may let a plan through with a reason: names of users ("alice"), and roles.
  std::vector<std::string> people;
  std::vector<std::string> roles;

  // The frozen time that holds `now`, with what adjoins it; nothing when it is not in force.
  std::optional<Interval> at_time(Time now) const;
  // The frozen times that touch [from, to], rising and without touching one another; not cut.
  std::vector<Interval> intervals(Time from, Time to) const;
  // Whether it holds such an action back while it is in force.
  bool covers(const HeldAction& action) const;
  bool lets_through(std::string_view actor, std::string_view role) const;

  // For people: "2026-12-24 18:00 to 2027-01-02 09:00; calendar/kr".
  std::string describe_times() const;
  // "everything", "policies trial-*; kinds ec2; at least destructive".
  Words describe_scope() const;
  // "2027-01-02 09:00 Asia/Seoul"
  std::string clock_text(Time time) const;
};

// A freeze in force, with the end of its frozen time and of what adjoins it.
struct Frozen {
  const Freeze* freeze = nullptr;
  Time until;

  // "frozen by year-end until 2027-01-02 09:00 Asia/Seoul"
  Words says() const;
};
// Those of `freezes` that are in force, the one that lasts longest first: people are told of it.
std::vector<Frozen> frozen_at(std::span<const Freeze> freezes, Time now);

// Whether a text is as a pattern says, in which * is anything.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace capstan::decide
