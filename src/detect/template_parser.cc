#include "detect/template_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/suggest.h"
#include "detect/template_functions.h"
#include "detect/template_lexer.h"

namespace capstan::detect {
namespace {

using Kind = TemplateToken::Kind;

constexpr int kMaxDepth = 100;

class Parser {
 public:
  explicit Parser(std::vector<TemplateToken> tokens) : tokens_(std::move(tokens)) {
    end_.kind = Kind::kClose;
    if (!tokens_.empty()) end_.position = tokens_.back().position;
    for (const char* name : {"$", "$labels", "$externalLabels", "$externalURL", "$value"})
      variables_.emplace_back(name);
  }

  Result<std::vector<TemplateNode>> parse() {
    std::vector<TemplateNode> nodes = TRY(parse_list());
    if (at_ < tokens_.size()) return bad(fmt::format("'{}' without an action that it belongs to", peek(1).text));
    return nodes;
  }

 private:
  const TemplateToken& peek(size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead] : end_;
  }
  bool take(Kind kind, std::string_view text) {
    if (at_ >= tokens_.size() || peek().kind != kind || peek().text != text) return false;
    ++at_;
    return true;
  }
  std::unexpected<Error> bad(std::string message, ErrorCode code = ErrorCode::kInvalidArgument) const {
    return fail(code, std::move(message), {"", peek().position.line, peek().position.column});
  }

  bool at_action(std::string_view word) const {
    return peek().kind == Kind::kOpen && peek(1).kind == Kind::kWord && peek(1).text == word;
  }

  // Nodes up to the end of the text, or {{end}} or {{else …}} of what is around.
  Result<std::vector<TemplateNode>> parse_list() {
    std::vector<TemplateNode> nodes;
    while (at_ < tokens_.size() && !at_action("end") && !at_action("else")) {
      if (peek().kind == Kind::kText) {
        TemplateNode node;
        node.text = peek().text;
        nodes.push_back(std::move(node));
        ++at_;
      } else {
        nodes.push_back(TRY(parse_action()));
      }
    }
    return nodes;
  }

  Result<TemplateNode> parse_action() {
    ++at_;  // {{
    TemplateNode node;
    node.position = peek().position;
    const std::string word = peek().kind == Kind::kWord ? peek().text : "";
    if (word == "if") return parse_block(std::move(node), TemplateNode::Kind::kIf);
    if (word == "with") return parse_block(std::move(node), TemplateNode::Kind::kWith);
    if (word == "range") return parse_block(std::move(node), TemplateNode::Kind::kRange);
    if (word == "define" || word == "template" || word == "block") {
      return bad(fmt::format("'{}' is not supported: no templates are defined here", word), ErrorCode::kUnimplemented);
    }
    if (word == "break" || word == "continue") {
      if (loops_ == 0) return bad(fmt::format("'{}' outside of a range", word));
      ++at_;
      node.kind = word == "break" ? TemplateNode::Kind::kBreak : TemplateNode::Kind::kContinue;
    } else {
      node.kind = TemplateNode::Kind::kPrint;
      node.pipeline = TRY(parse_pipeline(false));
    }
    if (peek().kind != Kind::kClose) return bad("expected '}}'");
    ++at_;
    return node;
  }

  // if, with and range: a pipeline, a body, perhaps {{else}}, and {{end}}. Variables end with the block.
  Result<TemplateNode> parse_block(TemplateNode node, TemplateNode::Kind kind) {
    if (++depth_ > kMaxDepth) return bad("nested too deeply");
    const bool is_range = kind == TemplateNode::Kind::kRange;
    ++at_;  // The word.
    node.kind = kind;
    const size_t scope = variables_.size();
    node.pipeline = TRY(parse_pipeline(is_range));
    if (peek().kind != Kind::kClose) return bad("expected '}}'");
    ++at_;
    const size_t inner_scope = variables_.size();
    loops_ += is_range ? 1 : 0;
    node.body = TRY(parse_list());
    loops_ -= is_range ? 1 : 0;
    variables_.resize(inner_scope);
    if (at_action("else"))
      node.otherwise = TRY(parse_else());
    else
      TRY(parse_end());
    variables_.resize(scope);
    --depth_;
    return node;
  }

  Status parse_end() {
    if (!at_action("end")) return bad("expected '{{end}}'");
    at_ += 2;
    if (peek().kind != Kind::kClose) return bad("expected '}}' after 'end'");
    ++at_;
    return {};
  }

  Result<std::vector<TemplateNode>> parse_else() {
    at_ += 2;
    std::vector<TemplateNode> nodes;
    if (peek().kind == Kind::kWord && (peek().text == "if" || peek().text == "with")) {
      // {{else if x}} shares the {{end}} of the block it belongs to.
      TemplateNode node;
      node.position = peek().position;
      const auto kind = peek().text == "if" ? TemplateNode::Kind::kIf : TemplateNode::Kind::kWith;
      nodes.push_back(TRY(parse_block(std::move(node), kind)));
      return nodes;
    }
    if (peek().kind != Kind::kClose) return bad("expected '}}' or 'if' after 'else'");
    ++at_;
    nodes = TRY(parse_list());
    TRY(parse_end());
    return nodes;
  }

  Result<TemplatePipeline> parse_pipeline(bool is_range) {
    if (++depth_ > kMaxDepth) return bad("nested too deeply");
    TemplatePipeline pipeline;
    pipeline.position = peek().position;
    TRY(parse_variables(is_range, pipeline));
    do {
      pipeline.commands.push_back(TRY(parse_command()));
    } while (take(Kind::kSymbol, "|"));
    for (size_t i = 1; i < pipeline.commands.size(); ++i) {
      if (pipeline.commands[i].front().kind != TemplateOperand::Kind::kFunction) {
        return bad("what a value is piped into must be a function");
      }
    }
    if (pipeline.declares) {
      for (const std::string& name : pipeline.variables) variables_.push_back(name);
    }
    --depth_;
    return pipeline;
  }

  // "$x :=", "$x =", and of a range "$i, $x :=".
  Status parse_variables(bool is_range, TemplatePipeline& pipeline) {
    const auto is_symbol = [&](size_t ahead, std::string_view text) {
      return peek(ahead).kind == Kind::kSymbol && peek(ahead).text == text;
    };
    if (peek().kind != Kind::kVariable) return {};
    const bool two = is_range && is_symbol(1, ",") && peek(2).kind == Kind::kVariable;
    const size_t after = two ? 3 : 1;
    const bool declares = is_symbol(after, ":=");
    if (!declares && !is_symbol(after, "=")) return {};
    for (size_t i = 0; i < after; i += 2) {
      if (!declares) TRY(check_variable(peek(i).text));
      pipeline.variables.push_back(peek(i).text);
    }
    pipeline.declares = declares;
    at_ += after + 1;
    return {};
  }

  Status check_variable(const std::string& name) const {
    if (std::ranges::find(variables_, name) != variables_.end()) return {};
    const std::vector<std::string_view> known(variables_.begin() + 1, variables_.end());  // All but "$".
    return bad(fmt::format("undefined variable '{}'{}", name, did_you_mean(name, known)));
  }

  Result<TemplateCommand> parse_command() {
    TemplateCommand command;
    while (true) {
      const TemplateToken& token = peek();
      const bool ends = token.kind == Kind::kClose || token.kind == Kind::kOpen || token.kind == Kind::kText ||
                        (token.kind == Kind::kSymbol && token.text != "(");
      if (ends) break;
      command.push_back(TRY(parse_operand()));
    }
    if (command.empty()) return bad("expected a value");
    if (command.size() > 1 && command.front().kind != TemplateOperand::Kind::kFunction) {
      return bad("only a function takes arguments");
    }
    return command;
  }

  Result<TemplateOperand> parse_operand() {
    TemplateOperand operand;
    operand.position = peek().position;
    const TemplateToken& token = peek();
    switch (token.kind) {
      case Kind::kString: operand.constant.data = token.text; break;
      case Kind::kNumber: operand.constant = TRY(parse_number(token.text)); break;
      case Kind::kVariable:
        TRY(check_variable(token.text));
        operand.kind = TemplateOperand::Kind::kVariable;
        operand.name = token.text;
        break;
      case Kind::kField:
        operand.kind = TemplateOperand::Kind::kDot;
        if (token.text.size() > 1) operand.fields.push_back(token.text.substr(1));
        break;
      case Kind::kWord: TRY(parse_word(token.text, operand)); break;
      default: {
        ++at_;  // "("
        operand.kind = TemplateOperand::Kind::kPipeline;
        operand.pipeline = std::make_shared<const TemplatePipeline>(TRY(parse_pipeline(false)));
        if (peek().kind != Kind::kSymbol || peek().text != ")") return bad("expected ')'");
      }
    }
    ++at_;
    while (peek().kind == Kind::kField && !peek().after_space && peek().text.size() > 1) {
      operand.fields.push_back(peek().text.substr(1));
      ++at_;
    }
    return operand;
  }

  Status parse_word(const std::string& word, TemplateOperand& operand) const {
    if (word == "true" || word == "false") {
      operand.constant.data = word == "true";
    } else if (word != "nil") {
      TRY(check_function(word));
      operand.kind = TemplateOperand::Kind::kFunction;
      operand.name = word;
    }
    return {};
  }

  Status check_function(const std::string& name) const {
    const std::vector<std::string_view> known = template_function_names();
    if (std::ranges::find(known, name) != known.end()) return {};
    return bad(fmt::format("function '{}' is not known{}", name, did_you_mean(name, known)));
  }

  Result<TemplateValue> parse_number(const std::string& text) const {
    const std::string_view digits = std::string_view(text).substr(text.starts_with('+') ? 1 : 0);
    const char* end = digits.data() + digits.size();
    int64_t integer = 0;
    if (std::from_chars(digits.data(), end, integer).ptr == end) return TemplateValue{integer};
    if (digits.starts_with("0x") && std::from_chars(digits.data() + 2, end, integer, 16).ptr == end)
      return TemplateValue{integer};
    double real = 0;
    if (std::from_chars(digits.data(), end, real).ptr != end) return bad(fmt::format("'{}' is no number", text));
    // Go takes a constant such as 1e3 for the integer that it is.
    if (digits.find('.') == std::string_view::npos && std::abs(real) < 9e15 &&
        real == static_cast<double>(static_cast<int64_t>(real))) {
      return TemplateValue{static_cast<int64_t>(real)};
    }
    return TemplateValue{real};
  }

  std::vector<TemplateToken> tokens_;
  TemplateToken end_;
  size_t at_ = 0;
  int depth_ = 0;
  int loops_ = 0;
  std::vector<std::string> variables_;
};

}  // namespace

Result<std::vector<TemplateNode>> parse_template(std::string_view text) {
  return Parser(TRY(lex_template(text))).parse();
}

}  // namespace capstan::detect
