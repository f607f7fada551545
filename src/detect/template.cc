#include "detect/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "detect/template_functions.h"
#include "detect/template_parser.h"

namespace capstan::detect {
namespace {

constexpr size_t kMaxOutput = 1 << 20;
constexpr size_t kMaxSteps = 100'000;

class Expansion {
 public:
  Expansion(const TemplateData& data, const TemplateWorld& world) : data_(data), world_(world) {
    declare("$", TemplateValue{TemplateRoot{}});
    declare("$labels", TemplateValue{data.labels});
    declare("$externalLabels", TemplateValue{data.external_labels});
    declare("$externalURL", TemplateValue{data.external_url});
    declare("$value", TemplateValue{data.value});
  }

  Result<std::string> run(const std::vector<TemplateNode>& nodes) {
    [[maybe_unused]] const Flow flow =
        TRY(walk(nodes, TemplateValue{TemplateRoot{}}));  // The parser lets no break escape.
    return std::move(out_);
  }

 private:
  enum class Flow { kOn, kBreak, kContinue };

  static std::unexpected<Error> bad(const TemplatePosition& at, std::string message,
                                    ErrorCode code = ErrorCode::kInvalidArgument) {
    return fail(code, std::move(message), {"", at.line, at.column});
  }

  void declare(std::string name, TemplateValue value) { variables_.emplace_back(std::move(name), std::move(value)); }
  TemplateValue* find(const std::string& name) {
    const auto found =
        std::find_if(variables_.rbegin(), variables_.rend(), [&](const auto& one) { return one.first == name; });
    return found == variables_.rend() ? nullptr : &found->second;
  }

  Result<Flow> walk(const std::vector<TemplateNode>& nodes, const TemplateValue& dot) {
    for (const TemplateNode& node : nodes) {
      if (++steps_ > kMaxSteps || out_.size() > kMaxOutput) {
        return bad(node.position, "the template makes too much text or too many steps", ErrorCode::kResourceExhausted);
      }
      const Flow flow = TRY(visit(node, dot));
      if (flow != Flow::kOn) return flow;
    }
    return Flow::kOn;
  }

  Result<Flow> visit(const TemplateNode& node, const TemplateValue& dot) {
    switch (node.kind) {
      case TemplateNode::Kind::kText: out_ += node.text; return Flow::kOn;
      case TemplateNode::Kind::kBreak: return Flow::kBreak;
      case TemplateNode::Kind::kContinue: return Flow::kContinue;
      case TemplateNode::Kind::kPrint: {
        const TemplateValue value = TRY(evaluate(node.pipeline, dot));
        if (node.pipeline.variables.empty()) out_ += value.print();
        return Flow::kOn;
      }
      default: break;
    }
    const size_t scope = variables_.size();
    const Flow flow = TRY(node.kind == TemplateNode::Kind::kRange ? visit_range(node, dot) : visit_choice(node, dot));
    variables_.resize(scope);
    return flow;
  }

  Result<Flow> visit_choice(const TemplateNode& node, const TemplateValue& dot) {
    const TemplateValue value = TRY(evaluate(node.pipeline, dot));
    if (!value.truth()) return walk(node.otherwise, dot);
    return walk(node.body, node.kind == TemplateNode::Kind::kWith ? value : dot);
  }

  Result<Flow> visit_range(const TemplateNode& node, const TemplateValue& dot) {
    // The variables belong to the elements, not to the list.
    const std::vector<std::string>& names = node.pipeline.variables;
    const TemplateValue value = TRY(evaluate_commands(node.pipeline, dot));
    std::vector<std::pair<TemplateValue, TemplateValue>> items;
    if (const auto* list = std::get_if<std::shared_ptr<const TemplateList>>(&value.data)) {
      for (size_t i = 0; i < (*list)->size(); ++i)
        items.emplace_back(TemplateValue{static_cast<int64_t>(i)}, (**list)[i]);
    } else if (const auto* labels = std::get_if<Labels>(&value.data)) {
      for (const auto& [name, text] : *labels) items.emplace_back(TemplateValue{name}, TemplateValue{text});
    } else if (value.truth()) {
      return bad(node.position,
                 fmt::format("range can't iterate over {} ({})", value.print().substr(0, 60), value.type()));
    }
    if (items.empty()) return walk(node.otherwise, dot);
    for (const auto& [key, item] : items) {
      const size_t scope = variables_.size();
      if (names.size() == 2) assign(names[0], key, node.pipeline.declares);
      if (!names.empty()) assign(names.back(), item, node.pipeline.declares);
      const Flow flow = TRY(walk(node.body, item));
      variables_.resize(scope);
      if (flow == Flow::kBreak) break;
    }
    return Flow::kOn;
  }

  void assign(const std::string& name, TemplateValue value, bool declares) {
    if (TemplateValue* known = declares ? nullptr : find(name)) {
      *known = std::move(value);
    } else {
      declare(name, std::move(value));
    }
  }

  Result<TemplateValue> evaluate(const TemplatePipeline& pipeline, const TemplateValue& dot) {
    TemplateValue value = TRY(evaluate_commands(pipeline, dot));
    if (!pipeline.variables.empty()) assign(pipeline.variables.front(), value, pipeline.declares);
    return value;
  }

  Result<TemplateValue> evaluate_commands(const TemplatePipeline& pipeline, const TemplateValue& dot) {
    if (++steps_ > kMaxSteps) {
      return bad(pipeline.position, "the template makes too many steps", ErrorCode::kResourceExhausted);
    }
    TemplateValue value;
    for (size_t i = 0; i < pipeline.commands.size(); ++i) {
      value = TRY(evaluate(pipeline.commands[i], dot, i > 0 ? &value : nullptr));
    }
    return value;
  }

  Result<TemplateValue> evaluate(const TemplateCommand& command, const TemplateValue& dot, const TemplateValue* piped) {
    const TemplateOperand& first = command.front();
    if (first.kind != TemplateOperand::Kind::kFunction) return operand(first, dot);
    // `and` and `or` stop at the first argument that decides.
    const bool is_and = first.name == "and";
    const bool stops = is_and || first.name == "or";
    std::vector<TemplateValue> arguments;
    for (size_t i = 1; i < command.size(); ++i) {
      arguments.push_back(TRY(operand(command[i], dot)));
      if (stops && arguments.back().truth() != is_and) return fields(first, arguments.back());
    }
    if (piped) arguments.push_back(*piped);
    return fields(first, TRY(call(first, std::move(arguments))));
  }

  Result<TemplateValue> operand(const TemplateOperand& one, const TemplateValue& dot) {
    switch (one.kind) {
      case TemplateOperand::Kind::kConstant: return fields(one, one.constant);
      case TemplateOperand::Kind::kDot: return fields(one, dot);
      case TemplateOperand::Kind::kVariable: {
        const TemplateValue* value = find(one.name);
        return fields(one, value ? *value : TemplateValue{});
      }
      case TemplateOperand::Kind::kPipeline: return fields(one, TRY(evaluate(*one.pipeline, dot)));
      case TemplateOperand::Kind::kFunction: return fields(one, TRY(call(one, {})));
    }
    return TemplateValue{};
  }

  Result<TemplateValue> call(const TemplateOperand& function, std::vector<TemplateValue> arguments) {
    Result<TemplateValue> value = call_template_function(function.name, std::move(arguments), data_, world_);
    if (!value) {
      return bad(function.position, fmt::format("error calling {}: {}", function.name, value.error().message),
                 value.error().code);
    }
    return value;
  }

  Result<TemplateValue> fields(const TemplateOperand& one, TemplateValue value) {
    for (const std::string& name : one.fields) value = TRY(field(one, value, name));
    return value;
  }

  Result<TemplateValue> field(const TemplateOperand& one, const TemplateValue& value, const std::string& name) const {
    if (std::holds_alternative<TemplateRoot>(value.data)) {
      if (name == "Labels") return TemplateValue{data_.labels};
      if (name == "Value") return TemplateValue{data_.value};
      if (name == "ExternalLabels") return TemplateValue{data_.external_labels};
      if (name == "ExternalURL") return TemplateValue{data_.external_url};
    } else if (const auto* labels = std::get_if<Labels>(&value.data)) {
      return TemplateValue{std::string(labels->get(name))};
    } else if (const auto* sample = std::get_if<SeriesSample>(&value.data)) {
      if (name == "Labels") return TemplateValue{sample->labels};
      if (name == "Value") return TemplateValue{sample->sample.value};
    }
    return bad(one.position, fmt::format("can't evaluate field {} in type {}", name, value.type()));
  }

  const TemplateData& data_;
  const TemplateWorld& world_;
  std::vector<std::pair<std::string, TemplateValue>> variables_;
  std::string out_;
  size_t steps_ = 0;
};

}  // namespace

Result<Template> Template::parse(std::string_view text) {
  Template result;
  result.text_ = text;
  result.nodes_ = std::make_shared<const std::vector<TemplateNode>>(TRY(parse_template(text)));
  return result;
}

Result<std::string> Template::expand(const TemplateData& data, const TemplateWorld& world) const {
  if (!nodes_) return std::string();
  return Expansion(data, world).run(*nodes_);
}

std::string Template::expand_or_say(const TemplateData& data, const TemplateWorld& world) const {
  Result<std::string> text = expand(data, world);
  if (text) return std::move(*text);
  return fmt::format("<error expanding template: {}>", text.error().to_string());
}

}  // namespace capstan::detect
