// The parsed form of a template. Built by template_parser, walked by template.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "detect/template_value.h"

namespace capstan::detect {

// Within a template's text, from 1.
struct TemplatePosition {
  int line = 1;
  int column = 1;
};

struct TemplatePipeline;

// One word of a command: a constant, a variable, `.`, a function, or a pipeline in brackets, then `.Field.Field`.
struct TemplateOperand {
  enum class Kind { kConstant, kDot, kVariable, kFunction, kPipeline };
  Kind kind = Kind::kConstant;
  TemplateValue constant;
  std::string name;  // Of a variable ("$x", "$") or a function.
  std::shared_ptr<const TemplatePipeline> pipeline;
  std::vector<std::string> fields;
  TemplatePosition position;
};

// An operand, or a function with its arguments.
using TemplateCommand = std::vector<TemplateOperand>;

struct TemplatePipeline {
  std::vector<std::string> variables;  // "$x :=" or, of a range, "$i, $x :=".
  bool declares = false;               // := rather than =.
  std::vector<TemplateCommand> commands;
  TemplatePosition position;
};

struct TemplateNode {
  enum class Kind { kText, kPrint, kIf, kWith, kRange, kBreak, kContinue };
  Kind kind = Kind::kText;
  std::string text;
  TemplatePipeline pipeline;
  std::vector<TemplateNode> body;
  std::vector<TemplateNode> otherwise;
  TemplatePosition position;
};

}  // namespace capstan::detect
