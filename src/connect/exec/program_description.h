// A verb that is a program: the document `verb:` with `run:`.
//
//   verb: infra.apply
//   title: Apply a saved plan
//   on: host
//   parameters: { plan: { type: text, required: true } }
//   danger: disruptive
//   run: [terraform, apply, -input=false, "{{plan}}"]   # an argument each, never a line for a shell
//   in: /srv/infra
//   user: infra
//   env: { TF_VAR_token: "secret:infra#token" }
//   secrets: { key: "secret:infra#key" }                # for `env` and `input`
//   input: "{{key}}"
//   timeout: 30m
//   grace: 30s                                          # between SIGTERM and SIGKILL
//   succeeds: { exit: [0], output: 'Apply complete' }
//   refused: [2]                                        # exit codes that mean that nothing was changed
//   progress: 'Apply: (\d+) of (\d+)'
//   take: { added: { text: '(\d+) added' }, id: $.id }  # of what it prints; $ is its output as JSON
//   says: "added {{added}}"
//   result: [added]
//   before: { run: [terraform, show, -json] }           # what it prints is "before"
//   probe: { run: [terraform, plan, -detailed-exitcode], exit: { 0: happened, 2: did_not_happen } }
//   undo: { run: [ … ] }
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/config.h"
#include "model/verb.h"
#include "service/template.h"

namespace re2 {
class RE2;
}

namespace capstan::exec {

// How a program is called. What `before`, `probe` and `undo` leave out is as in `run`.
struct Invocation {
  std::vector<service::Template> run;                                  // The first is the program and has no places.
  std::vector<std::pair<std::string, service::Template>> environment;  // A value, or a reference to a secret.
  std::optional<service::Template> input;
  Duration timeout{600'000};
};

struct Probe {
  Invocation invocation;
  std::map<int, ProbeAnswer> answers;  // By exit code; any other cannot tell.
};

// A value out of what a program prints.
struct Taken {
  std::string name;
  std::shared_ptr<const re2::RE2> pattern;  // Its first group; nullptr: `place` in the output as JSON.
  JsonPath place;
};

struct ProgramDescription {
  Where at;
  VerbSpec spec;
  std::string directory;  // "" for the settings'.
  std::string user;       // "" for the settings'.
  Duration grace{10'000};
  std::vector<std::pair<std::string, service::Template>> secrets;  // Name, reference.
  Invocation perform;
  std::vector<int> succeeds = {0};
  std::shared_ptr<const re2::RE2> succeeds_output;  // Also to be found in what it prints; nullptr: nothing.
  std::vector<int> refused;
  std::shared_ptr<const re2::RE2> progress;  // Two groups (done, of), or one (percent).
  std::vector<Taken> takes;
  std::optional<service::Template> says;
  std::vector<std::string> result;
  std::optional<Invocation> before;
  std::optional<Probe> probe;
  std::optional<Invocation> undo;
};

// Whether a document that describes a verb is of this sort: the others have steps at a service.
bool is_program(const ConfigNode& document);

struct ProgramDescriptions {
  std::vector<ProgramDescription> verbs;
  std::vector<Error> problems;  // What has one is left out.
};

// `kinds` are those that packs declare; a verb on another one is a mistake.
ProgramDescriptions read_programs(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds);

}  // namespace capstan::exec
