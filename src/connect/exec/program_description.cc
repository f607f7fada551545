#include "connect/exec/program_description.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "model/secret.h"
#include "service/verb_spec.h"

namespace capstan::exec {
namespace {

constexpr Duration kLongest{24LL * 3'600'000};
constexpr Duration kLook{60'000};  // For what only looks: before and probe.
constexpr Duration kMostGrace{600'000};
constexpr size_t kMostArguments = 1'000;

bool is_variable(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; };
  return !name.empty() && is_letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

class Reader {
 public:
  Reader(const ConfigNode& document, std::span<const KindSpec> kinds)
      : document_(document), kinds_(kinds), map_(document, "a verb") {}

  ProgramDescription read() {
    ProgramDescription verb;
    verb.at = document_.where;
    verb.spec = service::read_verb_spec(map_, document_, kinds_, problems_);
    verb.spec.stoppable = true;
    for (const auto& [name, reference] : map_.string_map("secrets")) {
      if (!is_secret_reference(reference))
        problem(map_.at("secrets"), fmt::format("'{}' must refer to a secret: env:NAME, file:/path, secret:PATH#FIELD "
                                                "or vault:PATH#FIELD",
                                                name));
      verb.secrets.emplace_back(name, parse(reference, map_.at("secrets")));
      secret_names_.push_back(name);
    }
    read_place(verb);
    verb.perform = invocation(map_, verb.perform);
    read_end(verb);
    read_others(verb);
    verb.spec.undoable = verb.undo.has_value();
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

  service::Template parse(std::string_view text, const ConfigNode& at) {
    Result<service::Template> parsed = service::Template::parse(text);
    if (!parsed) problem(at, parsed.error().message);
    return parsed.value_or(service::Template());
  }

  std::shared_ptr<const re2::RE2> pattern(const ConfigNode& node, int least_groups, int most_groups) {
    auto read = std::make_shared<re2::RE2>(node.scalar, re2::RE2::Quiet);
    if (!read->ok()) {
      problem(node, fmt::format("no regular expression: {}", read->error()));
      return nullptr;
    }
    const int groups = read->NumberOfCapturingGroups();
    if (groups >= least_groups && groups <= most_groups) return read;
    problem(node, most_groups == 1 ? "the pattern needs exactly one group"
                                   : "the pattern needs one group (percent) or two (done, of)");
    return nullptr;
  }

  std::vector<int> exit_codes(const ConfigNode& node) {
    std::vector<int> codes;
    const auto add = [&](const ConfigNode& each) {
      const int64_t code = each.to_json().int_or(-1);
      if (code < 0 || code > 255) return problem(each, "exit codes are numbers between 0 and 255");
      codes.push_back(static_cast<int>(code));
    };
    if (node.is_sequence())
      std::ranges::for_each(node.items, add);
    else
      add(node);
    return codes;
  }

  void read_place(ProgramDescription& verb) {
    verb.directory = map_.string_or("in", "");
    if (!verb.directory.empty() && !verb.directory.starts_with('/'))
      problem(map_.at("in"), "'in' must be an absolute path");
    verb.user = map_.string_or("user", "");
    verb.grace = map_.duration_or("grace", verb.grace);
    if (verb.grace < Duration(0) || verb.grace > kMostGrace) problem(map_.at("grace"), "'grace' must be at most 10m");
  }

  void read_end(ProgramDescription& verb) {
    if (const ConfigNode* node = map_.node("succeeds")) {
      MapReader reader(*node, "'succeeds'");
      if (const ConfigNode* codes = reader.node("exit")) verb.succeeds = exit_codes(*codes);
      if (const ConfigNode* output = reader.node("output")) verb.succeeds_output = pattern(*output, 0, 1'000);
      for (Error& error : reader.problems()) problems_.push_back(std::move(error));
    }
    if (const ConfigNode* node = map_.node("refused")) verb.refused = exit_codes(*node);
    for (const int code : verb.refused) {
      if (std::ranges::find(verb.succeeds, code) != verb.succeeds.end())
        problem(map_.at("refused"), fmt::format("{} is both what succeeds and what is refused", code));
    }
    if (const ConfigNode* node = map_.node("progress")) verb.progress = pattern(*node, 1, 2);
    if (const ConfigNode* node = map_.node("take")) {
      for (const ConfigMember& member : node->members) verb.takes.push_back(read_take(member));
    }
    if (map_.has("says")) verb.says = parse(map_.string_or("says", ""), map_.at("says"));
    verb.result = map_.strings("result");
  }

  Taken read_take(const ConfigMember& member) {
    Taken taken{.name = member.key.scalar, .pattern = nullptr, .place = {}};
    if (member.value.is_scalar() && member.value.scalar.starts_with('$')) {
      std::string_view path = member.value.scalar;
      path.remove_prefix(path.starts_with("$.") ? 2 : 1);
      if (Result<JsonPath> place = JsonPath::parse(path))
        taken.place = std::move(*place);
      else
        problem(member.value, place.error().message);
      return taken;
    }
    MapReader reader(member.value, "what is taken");
    if (const ConfigNode* text = reader.required_node("text", ConfigNode::Kind::kScalar))
      taken.pattern = pattern(*text, 1, 1);
    for (Error& error : reader.problems()) problems_.push_back(std::move(error));
    return taken;
  }

  void read_others(ProgramDescription& verb) {
    const auto nested = [&](std::string_view key, Duration timeout) -> std::optional<Invocation> {
      const ConfigNode* node = map_.node(key);
      if (!node) return std::nullopt;
      MapReader reader(*node, fmt::format("'{}'", key));
      Invocation usual{.run = {}, .environment = verb.perform.environment, .input = {}, .timeout = timeout};
      Invocation read = invocation(reader, std::move(usual));
      for (Error& error : reader.problems()) problems_.push_back(std::move(error));
      return read;
    };
    verb.before = nested("before", kLook);
    verb.undo = nested("undo", verb.perform.timeout);
    if (const ConfigNode* node = map_.node("probe")) {
      MapReader reader(*node, "'probe'");
      Invocation usual{.run = {}, .environment = verb.perform.environment, .input = {}, .timeout = kLook};
      Probe probe{.invocation = invocation(reader, std::move(usual)), .answers = answers(reader)};
      verb.probe = std::move(probe);
      for (Error& error : reader.problems()) problems_.push_back(std::move(error));
    }
  }

  std::map<int, ProbeAnswer> answers(MapReader& reader) {
    const ConfigNode* node = reader.node("exit");
    if (!node) return {{0, ProbeAnswer::kHappened}, {1, ProbeAnswer::kDidNotHappen}};
    std::map<int, ProbeAnswer> answers;
    for (const ConfigMember& member : node->members) {
      const std::vector<int> code = exit_codes(member.key);
      bool known = false;
      for (const ProbeAnswer answer : {ProbeAnswer::kHappened, ProbeAnswer::kDidNotHappen, ProbeAnswer::kCannotTell}) {
        if (member.value.scalar != to_string(answer)) continue;
        known = true;
        if (!code.empty()) answers[code.front()] = answer;
      }
      if (!known) {
        problem(member.value, fmt::format("'{}' is no answer: expected happened, did_not_happen or cannot_tell",
                                          member.value.scalar));
      }
    }
    return answers;
  }

  Invocation invocation(MapReader& reader, Invocation usual) {
    if (const ConfigNode* run = reader.required_node("run", ConfigNode::Kind::kSequence)) usual.run = arguments(*run);
    for (const auto& [name, value] : reader.string_map("env")) {
      if (!is_variable(name))
        problem(reader.at("env"), fmt::format("'{}' is no name of an environment variable", name));
      std::erase_if(usual.environment, [&](const auto& known) { return known.first == name; });
      usual.environment.emplace_back(name, parse(value, reader.at("env")));
    }
    if (reader.has("input")) usual.input = parse(reader.string_or("input", ""), reader.at("input"));
    usual.timeout = reader.duration_or("timeout", usual.timeout);
    if (usual.timeout < Duration(1'000) || usual.timeout > kLongest)
      problem(reader.at("timeout"), "'timeout' must be between 1s and 24h");
    return usual;
  }

  std::vector<service::Template> arguments(const ConfigNode& run) {
    std::vector<service::Template> all;
    if (run.items.empty()) problem(run, "'run' needs a program: [terraform, apply, …]");
    if (run.items.size() > kMostArguments)
      problem(run, fmt::format("'run' has more than {} arguments", kMostArguments));
    for (const ConfigNode& item : run.items) {
      if (!item.is_scalar()) {
        problem(item, fmt::format("an argument must be a text, found {}", item.describe()));
        continue;
      }
      all.push_back(parse(item.scalar, item));
      check_argument(item, all.back(), all.size() == 1);
    }
    return all;
  }

  void check_argument(const ConfigNode& item, const service::Template& argument, bool is_program) {
    if (is_program && argument.has_places())
      problem(item, "which program runs cannot depend on values: the first of 'run' has no places");
    for (const std::string& secret : secret_names_) {
      if (!argument.names(secret)) continue;
      problem(item, fmt::format("every user of the machine can read arguments: the secret '{}' belongs into 'env' or "
                                "'input'",
                                secret));
    }
    if (is_secret_reference(argument.text()) && !argument.text().starts_with("file:"))
      problem(item, "every user of the machine can read arguments: a secret belongs into 'env' or 'input'");
  }

  const ConfigNode& document_;
  std::span<const KindSpec> kinds_;
  MapReader map_;
  std::vector<std::string> secret_names_;
  std::vector<Error> problems_;
};

}  // namespace

bool is_program(const ConfigNode& document) { return document.find("verb") && document.find("run"); }

ProgramDescriptions read_programs(std::span<const ConfigNode> documents, std::span<const KindSpec> kinds) {
  ProgramDescriptions all;
  std::map<std::string, Where> seen;
  for (const ConfigNode& document : documents) {
    Reader reader(document, kinds);
    ProgramDescription verb = reader.read();
    std::vector<Error> problems = reader.problems();
    const auto [earlier, is_new] = seen.emplace(verb.spec.name, verb.at);
    if (!is_new) {
      problems.push_back(
          {ErrorCode::kAlreadyExists,
           fmt::format("the verb '{}' is already at {}:{}", verb.spec.name, earlier->second.file, earlier->second.line),
           verb.at});
    }
    if (problems.empty()) all.verbs.push_back(std::move(verb));
    std::ranges::move(problems, std::back_inserter(all.problems));
  }
  return all;
}

}  // namespace capstan::exec
