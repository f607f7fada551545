// What a connector can do to the outside, and how to find out whether it was done.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "model/action.h"
#include "model/resource.h"
#include "model/words.h"

namespace capstan {

enum class Danger {
  kSafe,         // Changes nothing that matters and can be taken back: lower a priority.
  kDisruptive,   // Somebody may notice: restart a service.
  kDestructive,  // Cannot be taken back: terminate a process, delete.
};
std::string_view to_string(Danger danger);

struct VerbSpec {
  struct Parameter {
    std::string name;
    ColumnType type = ColumnType::kText;
    bool required = false;
    std::string help;
  };
  std::string name;           // "host.stop_process"
  std::string title;          // "Stop process"
  std::string title_ko = {};  // The same in Korean; "" where nobody has said.
  std::string help;
  std::vector<std::string> target_kinds;
  std::vector<Parameter> parameters;
  Danger danger = Danger::kDestructive;
  bool idempotent = false;  // Performing it twice is as performing it once.
  bool undoable = false;
  bool hinders_undo = true;  // What was done before it to its target cannot be undone any more while it stands.
  bool stoppable = false;    // Whoever cancels its plan ends it in the middle; else what has begun is finished.
};

// What `perform` learned. The executor writes it down.
struct Performed {
  ActionState state = ActionState::kUnknown;  // kSucceeded, kPartial, kFailed or kUnknown.
  Words says;                                 // One sentence: "signalled SIGTERM; gone after 0.2 s".
  Json result;                                // Whatever undo or a person may need: captured output, exit status.
  bool certain = false;  // The counterpart itself said that nothing was done: it need not be asked.
};

enum class ProbeAnswer {
  kHappened,      // The outside shows the effect.
  kDidNotHappen,  // The outside shows that there was none.
  kCannotTell,
};
std::string_view to_string(ProbeAnswer answer);

// Called from workers, never from the loop; one instance serves many threads. Every function ends soon after `stop`
// is requested and has a time limit of its own.
class Verb {
 public:
  virtual ~Verb() = default;
  virtual const VerbSpec& spec() const = 0;

  // Whether target and parameters are such as `perform` needs. Touches nothing.
  virtual Status check(const Resource& target, const Json& parameters) const = 0;

  // What will be needed to undo or to probe: the state before. Written down with the intent.
  virtual Result<Json> state_before(const Resource& target, const Json& parameters) = 0;

  virtual Performed perform(const Action& action, const Resource& target, const Json& before,
                            const std::stop_token& stop) = 0;

  // Asks the outside whether the action happened; used after a crash and to verify.
  virtual ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) = 0;

  // Only called when spec().undoable.
  virtual Performed undo(const Action& action, const Resource& target, const Json& before,
                         const std::stop_token& stop) = 0;
};

// All verbs by name. Owned by the loop's thread.
class VerbRegistry {
 public:
  Status add(std::unique_ptr<Verb> verb);
  // Those that packs describe, in place of the ones that `by` gave before. What is replaced lives on, as work may be
  // under way with it, but is found no more. Gives the names that are taken already; these are left out.
  std::vector<std::string> describe(std::string_view by, std::vector<std::unique_ptr<Verb>> verbs);
  Verb* find(std::string_view name) const;
  std::vector<const VerbSpec*> specs() const;

 private:
  std::vector<std::unique_ptr<Verb>> verbs_;
  std::map<std::string, std::vector<std::unique_ptr<Verb>>, std::less<>> described_;
  std::vector<std::unique_ptr<Verb>> replaced_;
};

}  // namespace capstan
