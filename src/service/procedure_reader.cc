#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "service/procedure.h"

namespace capstan::service {
namespace {

constexpr size_t kMostSteps = 50;
// What is ours in a step; everything else is the request.
constexpr auto kStepKeys = std::to_array<std::string_view>(
    {"when", "service", "as", "with", "fresh", "expect", "all", "take", "gather", "until", "fails", "within", "every"});

class Reader {
 public:
  Reader(std::string_view service, const CheckRequest& check, std::vector<Error>& problems)
      : service_(service), check_(check), problems_(problems) {}

  Procedure procedure(const ConfigNode& node) {
    Procedure steps;
    if (!node.is_sequence()) {
      if (node.is_map())
        steps.push_back(step(node));
      else
        problem(node, fmt::format("expected a step or a list of steps, found {}", node.describe()));
      return steps;
    }
    if (node.items.size() > kMostSteps) problem(node, fmt::format("more than {} steps", kMostSteps));
    for (const ConfigNode& item : node.items) {
      if (item.is_map())
        steps.push_back(step(item));
      else
        problem(item, fmt::format("a step must be a map, found {}", item.describe()));
    }
    return steps;
  }

 private:
  void problem(const ConfigNode& at, std::string message) {
    problems_.push_back({ErrorCode::kInvalidArgument, std::move(message), at.where});
  }
  template <class T>
  std::optional<T> take(Result<T> result, const ConfigNode& at) {
    if (result) return std::move(*result);
    Error error = result.error();
    if (error.where.line == 0) error.where = at.where;
    problems_.push_back(std::move(error));
    return std::nullopt;
  }

  Step step(const ConfigNode& node) {
    Step step;
    step.at = node.where;
    if (node.find("for_each")) {
      loop(node, step);
      return step;
    }
    for (const ConfigMember& member : node.members) {
      if (std::ranges::find(kStepKeys, member.key.scalar) != kStepKeys.end()) continue;
      const Json value = member.value.to_json();
      if (const Status checked = check_templates(value); !checked) problem(member.value, checked.error().message);
      step.request.set(member.key.scalar, value);
    }
    MapReader reader(node, "a step");
    step.service = reader.string_or("service", service_);
    step.login = reader.string_or("as", "");
    if (const ConfigNode* with = reader.node("with")) step.login_with = with->to_json();
    step.fresh = reader.bool_or("fresh", false);
    step.collect = reader.string_or("all", "");
    step.within = reader.duration_or("within", step.within);
    step.every = std::max(Duration(100), reader.duration_or("every", step.every));
    if (const ConfigNode* when = reader.node("when")) step.when = take(Condition::read(*when, "when"), *when);
    if (const ConfigNode* until = reader.node("until")) step.until = take(Condition::read(*until, "until"), *until);
    if (const ConfigNode* fails = reader.node("fails")) step.fails = take(Condition::read(*fails, "fails"), *fails);
    if (step.fails && !step.until) problem(*node.find("fails"), "'fails' belongs to 'until', which is missing");
    if (const ConfigNode* expect = reader.node("expect")) expected(*expect, step);
    if (const ConfigNode* takes = reader.node("take")) read_takes(*takes, step.takes);
    if (const ConfigNode* gather = reader.node("gather")) step.gather = read_gather(*gather);
    if (step.request.members().empty()) {
      if (step.takes.empty() && !step.gather) problem(node, "this step neither calls the service nor takes a value");
      return step;
    }
    if (const Status checked = check_(step.service, step.request); !checked) problem(node, checked.error().message);
    return step;
  }

  void loop(const ConfigNode& node, Step& step) {
    MapReader reader(node, "a loop");
    if (const ConfigNode* each = reader.node("for_each")) {
      MapReader over(*each, "'for_each'");
      step.over = take(parse_place(over.required_string("in")), *each);
      step.item_name = over.required_string("as");
      for (Error& error : over.problems()) problems_.push_back(std::move(error));
    }
    if (const ConfigNode* steps = reader.required_node("do", ConfigNode::Kind::kSequence))
      step.steps = procedure(*steps);
    if (const ConfigNode* when = reader.node("when")) step.when = take(Condition::read(*when, "when"), *when);
    for (Error& error : reader.problems()) problems_.push_back(std::move(error));
  }

  void expected(const ConfigNode& node, Step& step) {
    const auto add = [&](const ConfigNode& each) {
      const int64_t status = each.to_json().int_or(0);
      if (status < 100 || status > 599) return problem(each, "'expect' lists statuses between 100 and 599");
      step.expect.push_back(static_cast<int>(status));
    };
    if (node.is_sequence())
      std::ranges::for_each(node.items, add);
    else
      add(node);
  }

  void read_takes(const ConfigNode& node, std::vector<Take>& takes) {
    if (!node.is_map()) return problem(node, "'take' must be a map of names and where their values lie");
    for (const ConfigMember& member : node.members) takes.push_back(read_take(member.key.scalar, member.value));
  }

  Take read_take(const std::string& name, const ConfigNode& node) {
    Take taken;
    taken.name = name;
    if (node.is_scalar() && node.scalar.starts_with('$')) {
      taken.place = take(parse_place(node.scalar), node).value_or(JsonPath());
      return taken;
    }
    if (!node.is_map()) {
      taken.value = node.to_json();
      if (const Status checked = check_templates(*taken.value); !checked) problem(node, checked.error().message);
      return taken;
    }
    MapReader reader(node, "what is taken");
    taken.header = reader.string_or("header", "");
    if (const ConfigNode* text = reader.node("text")) {
      auto pattern = std::make_shared<re2::RE2>(text->scalar, re2::RE2::Quiet);
      if (!pattern->ok() || pattern->NumberOfCapturingGroups() != 1)
        problem(*text,
                pattern->ok() ? "the pattern needs exactly one group" : "no regular expression: " + pattern->error());
      else
        taken.pattern = std::move(pattern);
    }
    if (const ConfigNode* in = reader.node("in")) {
      taken.place = take(parse_place(in->scalar), *in).value_or(JsonPath());
      if (const ConfigNode* where = reader.required_node("where", ConfigNode::Kind::kMap))
        taken.where = take(Condition::read(*where, "where"), *where);
    } else if (!taken.pattern && taken.header.empty()) {
      reader.problem(node, "expected a place like $.id, or { text: PATTERN }, { header: NAME } or { in: LIST, where }");
    }
    for (Error& error : reader.problems()) problems_.push_back(std::move(error));
    return taken;
  }

  std::optional<Gather> read_gather(const ConfigNode& node) {
    MapReader reader(node, "'gather'");
    Gather gather;
    gather.into = reader.string_or("into", "items");
    const ConfigNode* from = reader.node("from");
    gather.place = take(parse_place(from ? from->scalar : "$"), node).value_or(JsonPath());
    if (const ConfigNode* add = reader.node("add")) gather.add = add->to_json();
    if (const Status checked = check_templates(gather.add); !checked) problem(node, checked.error().message);
    for (Error& error : reader.problems()) problems_.push_back(std::move(error));
    return gather;
  }

  std::string_view service_;
  const CheckRequest& check_;
  std::vector<Error>& problems_;
};

}  // namespace

Procedure read_procedure(const ConfigNode& node, std::string_view service, const CheckRequest& check,
                         std::vector<Error>& problems) {
  return Reader(service, check, problems).procedure(node);
}

}  // namespace capstan::service
