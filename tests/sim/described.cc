#include "sim/described.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/config.h"
#include "service/described_verb.h"

namespace capstan::sim {
namespace {

constexpr std::string_view kService = R"(
service: shop
in_flight: 1000
errors: { code: $.code }
logins:
  admin:
    steps: [ { post: /login, body: { key: "{{settings.key}}" }, take: { token: $.token } } ]
    send: { Authorization: "{{token}}" }
    lasts: 30m
)";

// Sets a field; `value` is as a template, `field` part of a path.
std::string setter(std::string_view verb, std::string_view danger, std::string_view field, std::string_view value,
                   std::string_view parameters) {
  return fmt::format(
      "verb: {0}\n"
      "service: shop\n"
      "on: thing\n"
      "danger: {1}\n"
      "idempotent: true\n"
      "{4}"
      "before: [ {{ get: '/things/{{{{name}}}}/fields/{2}', take: {{ value: $.value }} }} ]\n"
      "do: [ {{ put: '/things/{{{{name}}}}/fields/{2}', headers: {{ X-Action: '{{{{action}}}}', X-Verb: {0} }},\n"
      "         body: {{ value: {3} }} }} ]\n"
      "happened: {{ steps: [ {{ get: '/things/{{{{name}}}}/fields/{2}' }} ], if: {{ $.value: {3} }} }}\n"
      "undo: [ {{ put: '/things/{{{{name}}}}/fields/{2}',\n"
      "           headers: {{ X-Action: '{{{{action}}}}', X-Verb: {0}, X-Undo: '1' }},\n"
      "           body: {{ value: '{{{{before.value}}}}' }} }} ]\n"
      "---\n",
      verb, danger, field, value, parameters);
}

constexpr std::string_view kKill = R"(
verb: sim.kill
service: shop
on: thing
danger: destructive
before: [ { get: "/things/{{name}}/fields/state", take: { value: $.value } } ]
do: [ { post: "/things/{{name}}/kill", headers: { X-Action: "{{action}}", X-Verb: sim.kill } } ]
happened: { steps: [ { get: "/things/{{name}}/fields/state" } ], if: { $.value: dead } }
---
)";

constexpr std::string_view kBump = R"(
verb: sim.bump
service: shop
on: thing
danger: safe
before: [ { get: "/things/{{name}}/fields/count", take: { value: $.value } } ]
do: [ { post: "/things/{{name}}/bumps", headers: { X-Action: "{{action}}", X-Verb: sim.bump@KEY@ } } ]
happened:
  steps: [ { get: "/things/{{name}}/bumps/{{action}}", expect: [200, 404] } ]
  if: { answer.status: 200 }
  settles: 6s
undo: [ { delete: "/things/{{name}}/bumps/{{action}}", headers: { X-Action: "{{action}}", X-Verb: sim.bump, X-Undo: "1" },
          expect: [200, 404] } ]
)";

std::string descriptions(bool keys) {
  std::string bump(kBump);
  bump.replace(bump.find("@KEY@"), 5, keys ? ", Idempotency-Key: '{{action}}'" : "");
  return setter("sim.start", "disruptive", "state", "running", "") +
         setter("sim.stop", "disruptive", "state", "stopped", "") +
         setter("sim.set", "safe", "{{field}}", "'{{to}}'",
                "parameters: { field: { type: text, required: true }, to: { type: integer } }\n") +
         std::string(kKill.substr(1)) + bump.substr(1);
}

// For as long as a look takes, also where the process dies in it.
class Blinded {
 public:
  Blinded(Shop& shop, bool blind) : shop_(shop) { shop_.blind = blind; }
  ~Blinded() { shop_.blind = false; }
  Blinded(const Blinded&) = delete;
  Blinded& operator=(const Blinded&) = delete;

 private:
  Shop& shop_;
};

// A verb as the laws see it: they are told of every call and of every answer.
class Watched final : public Verb {
 public:
  Watched(World& world, Shop& shop, std::unique_ptr<Verb> verb) : world_(world), shop_(shop), verb_(std::move(verb)) {}

  const VerbSpec& spec() const override { return verb_->spec(); }
  Status check(const Resource& target, const Json& parameters) const override {
    return verb_->check(target, parameters);
  }
  Result<Json> state_before(const Resource& target, const Json& parameters) override {
    world_.called("state_before");
    return verb_->state_before(target, parameters);
  }
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override {
    world_.called("perform");
    return answered(action, verb_->perform(action, target, before, stop));
  }
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override {
    world_.called("probe");
    const Blinded for_now(shop_, world_.blind());
    const ProbeAnswer shows = verb_->probe(action, target, before);
    if (world_.on_probe) world_.on_probe(action.id, shows);
    return shows;
  }
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override {
    world_.called("undo");
    return answered(action, verb_->undo(action, target, before, stop));
  }

 private:
  Performed answered(const Action& action, Performed performed) const {
    if (world_.on_answer) world_.on_answer(action.id, performed);
    return performed;
  }

  World& world_;
  Shop& shop_;
  std::unique_ptr<Verb> verb_;
};

[[noreturn]] void stop_at(const Error& error) { throw std::invalid_argument(error.to_string()); }

}  // namespace

DescribedWorld::DescribedWorld(World& world, const Clock& clock, Random& random, bool keys, Pause pause)
    : world_(world), keys_(keys), shop_(world, clock, random) {
  outside_.caller = [this](std::string_view) { return service_; };
  outside_.secrets = &secrets_;
  outside_.clock = &clock;
  outside_.random = &random;
  outside_.pause = std::move(pause);
  std::vector<Error> problems;
  rest::RestSpec spec = rest::read_rest_spec(
      parse_yaml(kService, "shop.yaml")->front(), [](std::string_view, const Json&) { return Status(); }, problems);
  if (!problems.empty()) stop_at(problems.front());
  const Json settings = Json::object({{"url", "http://shop"}, {"key", "k"}});
  auto created = rest::RestService::create(std::move(spec), settings, shop_, outside_);
  if (!created) stop_at(created.error());
  service_ = std::move(*created);
}

void DescribedWorld::add_verbs(VerbRegistry& verbs) {
  const auto documents = parse_yaml(descriptions(keys_), "verbs.yaml");
  if (!documents) stop_at(documents.error());
  KindSpec thing;
  thing.name = "thing";
  service::Descriptions read =
      service::read_descriptions(*documents, std::span(&thing, 1),
                                 [this](std::string_view, const Json& request) { return service_->check(request); });
  if (!read.problems.empty()) stop_at(read.problems.front());
  for (service::VerbDescription& description : read.verbs) {
    auto verb = std::make_unique<service::DescribedVerb>(std::move(description), outside_);
    (void)verbs.add(std::make_unique<Watched>(world_, shop_, std::move(verb)));
  }
}

}  // namespace capstan::sim
