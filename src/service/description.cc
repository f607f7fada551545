#include "service/description.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "service/verb_spec.h"

namespace capstan::service {
namespace {

class Reader {
 public:
  Reader(const ConfigNode& document, std::span<const KindSpec> kinds, const CheckRequest& check)
      : document_(document),
        kinds_(kinds),
        check_(check),
        map_(document, is_verb(document) ? "a verb" : "an inventory") {}

  Inventory inventory() {
    Inventory inventory;
    inventory.at = document_.where;
    inventory.kind = map_.required_string("inventory");
    const KindSpec* kind = known_kind(inventory.kind, map_.at("inventory"));
    inventory.service = map_.required_string("service");
    inventory.every = map_.duration_or("every", inventory.every);
    if (inventory.every < Duration(1'000)) problem(map_.at("every"), "'every' must be at least 1s");
    if (const ConfigNode* list = map_.node("list"))
      inventory.list = read_procedure(*list, inventory.service, check_, problems_);
    else
      problem(document_, "an inventory needs 'list': the steps that list everything");
    inventory.items = map_.string_or("items", inventory.items);
    inventory.id = read_template("id", "{{id}}");
    inventory.name = read_template("name", "{{name}}");
    inventory.labels = templates("labels");
    if (const ConfigNode* fields = map_.node("fields")) {
      inventory.fields = templates("fields");
      for (const ConfigMember& member : fields->members) check_column(kind, member.key);
    }
    if (const ConfigNode* words = map_.node("words")) {
      for (const ConfigMember& column : words->members) {
        check_column(kind, column.key);
        for (const ConfigMember& word : column.value.members)
          inventory.words[column.key.scalar][word.key.scalar] = word.value.to_json();
      }
    }
    for (const auto& [relation, target] : map_.string_map("relations"))
      inventory.relations.emplace_back(relation, parse(target, map_.at("relations")));
    return inventory;
  }

  VerbDescription verb() {
    VerbDescription verb;
    verb.at = document_.where;
    verb.spec = read_verb_spec(map_, document_, kinds_, problems_);
    verb.service = map_.required_string("service");
    for (const auto& [name, reference] : map_.string_map("secrets"))
      verb.secrets.emplace_back(name, parse(reference, map_.at("secrets")));
    verb.before = steps("before", verb.service);
    verb.perform = steps("do", verb.service);
    if (verb.perform.empty()) problem(document_, "a verb needs 'do': the steps that bring it about");
    verb.undo = steps("undo", verb.service);
    verb.spec.undoable = !verb.undo.empty();
    if (const ConfigNode* happened = map_.node("happened")) verb.happened = read_happened(*happened, verb.service);
    if (const ConfigNode* changes = map_.node("changes_password"))
      verb.changes_password = read_change(*changes, verb.service);
    if (map_.has("says")) verb.says = read_template("says", "");
    verb.result = map_.strings("result");
    return verb;
  }

  std::vector<Error> problems() {
    std::vector<Error> all = map_.problems();
    std::ranges::move(problems_, std::back_inserter(all));
    return all;
  }

 private:
  void problem(const ConfigNode& at, std::string message) {
    problems_.push_back({ErrorCode::kInvalidArgument, std::move(message), at.where});
  }

  Template parse(std::string_view text, const ConfigNode& at) {
    Result<Template> parsed = Template::parse(text);
    if (!parsed) problem(at, parsed.error().message);
    return parsed.value_or(Template());
  }
  Template read_template(std::string_view key, std::string_view otherwise) {
    return parse(map_.string_or(key, otherwise), map_.at(key));
  }
  Json templates(std::string_view key) {
    const ConfigNode* node = map_.node(key);
    if (!node) return {};
    const Json value = node->to_json();
    if (const Status checked = check_templates(value); !checked) problem(*node, checked.error().message);
    return value;
  }
  Procedure steps(std::string_view key, std::string_view service) {
    const ConfigNode* node = map_.node(key);
    return node ? read_procedure(*node, service, check_, problems_) : Procedure();
  }

  const KindSpec* known_kind(const std::string& name, const ConfigNode& at) {
    return find_kind(name, at, kinds_, problems_);
  }

  void check_column(const KindSpec* kind, const ConfigNode& key) {
    if (!kind) return;
    std::vector<std::string_view> names;
    for (const KindSpec::Column& column : kind->columns) names.push_back(column.name);
    if (std::ranges::find(names, key.scalar) != names.end()) return;
    problem(key,
            fmt::format("the kind '{}' has no column '{}'{}", kind->name, key.scalar, did_you_mean(key.scalar, names)));
  }

  VerbDescription::ChangesPassword read_change(const ConfigNode& node, std::string_view service) {
    VerbDescription::ChangesPassword change;
    MapReader reader(node, "'changes_password'");
    change.record = parse(reader.required_string("record"), node);
    change.policy = reader.string_or("policy", "");
    change.first = reader.bool_or("first", false);
    for (const auto& [name, text] : reader.string_map("marks")) {
      // A password has one way into a record, and that is not this one.
      if (name.find("password") != std::string::npos)
        reader.problem(node, fmt::format("the mark '{}' is named like a password", name));
      change.marks.emplace_back(name, parse(text, node));
    }
    for (Error& error : reader.problems()) problems_.push_back(std::move(error));
    change.proves = steps("proves", service);
    if (change.proves.empty()) problem(node, "a change of a password needs 'proves': the steps that log in with it");
    return change;
  }

  VerbDescription::Happened read_happened(const ConfigNode& node, std::string_view service) {
    VerbDescription::Happened happened;
    MapReader reader(node, "'happened'");
    if (const ConfigNode* steps = reader.node("steps"))
      happened.steps = read_procedure(*steps, service, check_, problems_);
    else
      reader.problem(node, "'happened' needs 'steps' that look");
    if (const ConfigNode* condition = reader.node("if")) {
      if (Result<Condition> read = Condition::read(*condition, "if"))
        happened.condition = std::move(*read);
      else
        reader.problem(read.error());
    } else {
      reader.problem(node, "'happened' needs 'if': what they see when it happened");
    }
    happened.settles = reader.duration_or("settles", happened.settles);
    for (Error& error : reader.problems()) problems_.push_back(std::move(error));
    return happened;
  }

  const ConfigNode& document_;
  std::span<const KindSpec> kinds_;
  const CheckRequest& check_;
  MapReader map_;
  std::vector<Error> problems_;
};

}  // namespace

bool is_inventory(const ConfigNode& document) { return document.find("inventory") != nullptr; }

bool is_verb(const ConfigNode& document) { return document.find("verb") != nullptr; }

Descriptions read_descriptions(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds,
                               const CheckRequest& check) {
  Descriptions all;
  const auto take = [&](Reader& reader, auto thing, auto& into) {
    std::vector<Error> problems = reader.problems();
    if (problems.empty()) into.push_back(std::move(thing));
    std::ranges::move(problems, std::back_inserter(all.problems));
  };
  std::map<std::string, Where> seen;
  for (const ConfigNode& document : documents) {
    Reader reader(document, kinds, check);
    if (is_inventory(document)) {
      take(reader, reader.inventory(), all.inventories);
    } else {
      VerbDescription verb = reader.verb();
      const auto [earlier, is_new] = seen.emplace(verb.spec.name, verb.at);
      if (is_new)
        take(reader, std::move(verb), all.verbs);
      else
        all.problems.push_back({ErrorCode::kAlreadyExists,
                                fmt::format("the verb '{}' is already at {}:{}", verb.spec.name, earlier->second.file,
                                            earlier->second.line),
                                verb.at});
    }
  }
  return all;
}

}  // namespace capstan::service
