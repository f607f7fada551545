// Steps that a description is made of: one call after the other, with what each answer gives to the next.
//
//   - get: /v1/clusters                     # the request, in the words of the service's protocol
//     all: $.items                          # follow all pages and join what lies there
//     take: { cluster: { in: $, where: { name: "{{name}}" } } }
//   - post: /v1/clusters
//     when: { cluster: null }
//     body: { name: "{{name}}" }
//     expect: [202]                         # any success unless said
//     take: { id: $.id }
//   - get: /v1/clusters/{{id}}
//     until: { $.status: RUNNING }          # again and again
//     fails: { $.status: [FAILED] }
//     within: 15m
//     every: 5s
//   - for_each: { in: projects, as: project }
//     do: [ … ]
//
// Further keys: service (another one than the description's), as (which login, with `with` for what it takes and
// `fresh` where it has to log in anew), gather (joins what lies somewhere over several answers into one list; an object
// counts as a list of one).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/time.h"
#include "service/condition.h"
#include "service/template.h"

namespace re2 {
class RE2;
}

namespace capstan::service {

// One value out of an answer, under a name.
struct Take {
  std::string name;
  JsonPath place;  // Within the scope.
  std::shared_ptr<const re2::RE2>
      pattern;  // Its first group is the value; of a header where one is named, else of the text.
  std::string header;
  std::optional<Condition>
      where;                  // The first item of the list at `place` for which it holds; places in it lie in the item.
  std::optional<Json> value;  // Made of other values.
};

struct Gather {
  std::string into;
  JsonPath place;
  Json add = Json::object();  // Members that every item gets.
};

struct Step {
  Where at;
  std::optional<Condition> when;
  std::string service;  // "" for the description's own.
  std::string login;
  Json login_with = Json::object();
  bool fresh = false;  // Logs in anew, whatever is known of that login.
  Json request = Json::object();
  std::vector<int> expect;
  std::string collect;
  std::vector<Take> takes;
  std::optional<Gather> gather;

  std::optional<Condition> until;
  std::optional<Condition> fails;
  Duration within{600'000};
  Duration every{5'000};

  // Not a call but steps for each item of a list.
  std::optional<JsonPath> over;
  std::string item_name;
  std::vector<Step> steps;
};

using Procedure = std::vector<Step>;

// What a service's protocol says of a request; nullptr: there is no such service.
using CheckRequest = std::function<Status(std::string_view service, const Json& request)>;

// Problems are added to `problems`; what could be read is given.
Procedure read_procedure(const ConfigNode& node, std::string_view service, const CheckRequest& check,
                         std::vector<Error>& problems);

}  // namespace capstan::service
