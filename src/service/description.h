// What packs say of a service, beside how it is spoken to: what it has (inventories) and what can be done to it
// (verbs).
//
//   inventory: mcm_cluster                  # a kind; a connector's looks fill its table
//   service: mcm
//   every: 1m
//   list:
//     - get: /v1/clusters
//       all: $.items
//       gather: { from: $ }                 # into "items"
//   id: "{{id}}"                            # what tells it apart within its kind
//   name: "{{name}}"
//   fields: { account: "{{owner}}" }        # columns; those not named take what lies at the column's `from`, or its
//   name words: { state: { RUNNING: running } }  # other words for values relations: { belongs_to:
//   "trial_account/{{owner}}" }
//   ---
//   verb: mcm.delete_schedule
//   service: mcm
//   title: Delete the cluster's schedule
//   on: mcm_cluster                         # one kind, or a list
//   parameters: { force: { type: boolean, help: … } }
//   danger: disruptive                      # safe, disruptive or destructive (the default)
//   idempotent: true
//   secrets: { password: "secret:trial/{{name}}#password" }
//   before: [ … ]                           # takes what undo needs; written down with the intent, so never a secret
//   do: [ … ]
//   happened: { steps: [ … ], if: { answer.status: 404 }, settles: 10s }
//   undo: [ … ]
//   says: "deleted the schedule of {{name}}"
//   result: [schedule]                      # values that steps took, kept with the outcome
//
// A verb that changes a password has the new one as "new_password" and the old one as "old_password" in 'do', and says
// how to log in with "candidate":
//
//   changes_password: { record: "trial/{{name}}", policy: trial, first: true }
//   proves: [ { get: /session, as: user, with: { user: "{{name}}", password: "{{candidate}}" }, fresh: true } ]
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/verb.h"
#include "service/procedure.h"

namespace capstan::service {

struct Inventory {
  Where at;
  std::string kind;
  std::string service;
  Duration every{60'000};
  Procedure list;
  std::string items = "items";  // The list that the steps made.
  Template id;
  Template name;
  Json labels;  // Templates; an object, or a text that is one place with an object in it.
  Json fields = Json::object();
  std::map<std::string, std::map<std::string, Json>> words;  // Column, value, other word.
  std::vector<std::pair<std::string, Template>> relations;   // Kind, target's id.
};

struct VerbDescription {
  struct Happened {
    Procedure steps;
    Condition condition;
    Duration settles{0};  // How long the outside may take to show it; before that it did not *not* happen.
  };
  struct ChangesPassword {
    Template record;     // The path of the secret.
    std::string policy;  // Of passwords.
    bool first = false;
    std::vector<std::pair<std::string, Template>> marks;  // Fields that are written with the password.
    Procedure proves;
  };
  Where at;
  VerbSpec spec;
  std::string service;
  std::vector<std::pair<std::string, Template>> secrets;  // Name, reference.
  Procedure before;
  Procedure perform;
  std::optional<ChangesPassword> changes_password;
  std::optional<Happened> happened;  // Without it nobody can tell.
  Procedure undo;
  std::optional<Template> says;
  std::vector<std::string> result;
};

bool is_inventory(const ConfigNode& document);
bool is_verb(const ConfigNode& document);

struct Descriptions {
  std::vector<Inventory> inventories;
  std::vector<VerbDescription> verbs;
  std::vector<Error> problems;  // What has one is left out.
};

// Of documents of both sorts. `kinds` are those that packs declare; an inventory or a verb of another one is a mistake.
Descriptions read_descriptions(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds,
                               const CheckRequest& check);

}  // namespace capstan::service
