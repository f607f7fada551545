// What a verb leaves behind, as far as it says so: from that follows what it costs, and how a past would have gone on.
#pragma once

#include <map>
#include <string>

#include "base/json.h"

namespace capstan {

struct VerbEffect {
  // Columns of a kind's table and their values; the text "{{to}}" stands for the parameter of that name.
  using Columns = std::map<std::string, Json>;

  bool is_said = false;  // Else nobody knows.
  bool removes = false;  // The target is no more, nor what belongs to it.
  Columns sets;          // Of the target.
  // A column of the target that says how many there are of what belongs to it; "" for none.
  std::string scales;
  std::map<std::string, Columns> with_it;  // By kind: what belongs to the target, directly or not.
  std::map<std::string, Columns> makes;    // By kind: one more of it.

  // Nothing that a table shows.
  static VerbEffect same() { return {.is_said = true}; }
  static VerbEffect removal() { return {.is_said = true, .removes = true}; }
};

// The name of the parameter that a value stands for; "" for a value that is its own.
std::string parameter_of(const Json& value);
// With the values of the parameters in their places; null for what was not given.
VerbEffect::Columns filled(const VerbEffect::Columns& columns, const Json& parameters);

}  // namespace capstan
