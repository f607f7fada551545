// Actions and plans: what is to be done, in which order, and how it went.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "model/fact.h"
#include "model/resource.h"
#include "model/standing_approval.h"
#include "model/words.h"

namespace capstan {

enum class ActionState {
  kProposed,   // Decided on; a person has yet to approve it.
  kApproved,   // May run; nothing has changed yet.
  kRunning,    // Sent, or about to be; after a crash: ask the counterpart.
  kSucceeded,  // The counterpart confirmed the change.
  kPartial,    // Some of it was done; what is left is listed.
  kFailed,     // The counterpart refused; nothing changed.
  kReverted,   // The change was made, then undone.
  kUnknown,    // Neither the answer nor the probe can tell; a person decides.
  kSkipped,    // Its precondition no longer held, or the plan stopped before it; nothing changed.
};
std::string_view to_string(ActionState state);
Words word_of(ActionState state);
// Who, for people: "alice" of "user:alice", "the policy office-hours" of "policy:office-hours".
Words word_of_actor(std::string_view actor);
std::optional<ActionState> parse_action_state(std::string_view text);
bool is_final(ActionState state);

struct Action {
  std::string id;    // Unique for all time; what the outside is told where it can remember one (idempotency key).
  std::string verb;  // "host.stop_process"
  ResourceId target;
  Json parameters;  // An object, as the verb declares it.
  Words reason;     // The sentence for people.
  // SQL conditions over the target's kind that must still hold when its turn comes; "" for none.
  std::string precondition;
  std::vector<std::string> after;  // Ids of actions of the same plan that must have succeeded first.

  Json to_json() const;
  static Action from_json(const Json& json);
};

struct Limits {
  double in_flight_share = 0.25;  // Of the selected targets, under way and not yet verified; at least one.
  int in_flight = 0;              // The same as a number; 0 when only the share counts.
  int per_minute = 10;
  int total = 20;    // What one run may touch before a person is asked.
  int failures = 0;  // How many targets may fail before the plan stops; what depends on a failed one is skipped.
  // One action first, and the rest when the plan's check has held after it. Without: all at once, within the limits.
  bool canary = true;

  Json to_json() const;
  static Limits from_json(const Json& json);
};

struct Plan {
  std::string id;
  std::string origin;          // "policy:core-time" or "incident:inc-12".
  std::string policy_version;  // Hash of the policy's text; "" for an incident's recommendation.
  Words title;                 // "stop 2 processes of user eve"
  std::vector<Action> actions;
  Limits limits;
  std::string verify;              // PromQL that must be true afterwards (a non-empty, non-zero result); "" for none.
  Duration verify_within{60'000};  // How long the check may take to become true.
  bool undo_on_failure = true;     // Undo what can be undone when an action or the check fails.
  Duration undo_after_quiet{0};    // Undo it when its alert has been quiet for so long; 0 for never.
  // "ask", "none" (a policy may do it), or "standing": a person has agreed to it in advance.
  std::string approval;
  Words left_out;  // What would belong to it and is held back, and why: "2 more: over the budget of …".
  Grant grant;     // What the person who approves the plan allows for good.
  Time created;
  Seq cause = 0;

  // SHA-256 over policy version, verbs, targets, parameters, preconditions and grant; approval binds to it. Prices,
  // reasons and titles do not count.
  std::string hash() const;

  Json to_json() const;
  static Plan from_json(const Json& json);
};

}  // namespace capstan
