// What a template computes with: the few types that alert annotations meet, with Go's truth, printing and formats.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/labels.h"
#include "model/sample.h"

namespace capstan::detect {

struct TemplateValue;
using TemplateList = std::vector<TemplateValue>;

// What `.` is at the start of a template.
struct TemplateRoot {};

struct TemplateValue {
  // A sample is one element of what `query` gives.
  std::variant<std::monostate, bool, int64_t, double, std::string, Labels, SeriesSample,
               std::shared_ptr<const TemplateList>, TemplateRoot>
      data;

  bool is_string() const { return std::holds_alternative<std::string>(data); }
  bool is_number() const { return std::holds_alternative<int64_t>(data) || std::holds_alternative<double>(data); }
  double number() const;  // Of a number; 0 of all else.

  // Go's: zero, empty and nil are false.
  bool truth() const;
  // As Go's fmt prints it with %v.
  std::string print() const;
  // Go's name of the type, for messages and for "%!d(string=x)".
  std::string_view type() const;
};

// A number as Go prints it by default: 1e+06, 0.25, NaN, +Inf.
std::string go_number(double value);
// printf's %.<digits>g with Go's exponent form.
std::string go_number(double value, int digits);

// Go's fmt.Sprintf over the verbs v s q d x X o b c t e f g; a wrong type gives Go's "%!d(string=x)".
std::string go_printf(std::string_view format, const std::vector<TemplateValue>& arguments);

}  // namespace capstan::detect
