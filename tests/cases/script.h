// A scenario script, line by line: what is done and what is expected. tests/cases/README.md describes the language.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace capstan::cases {

struct Failure {
  std::string file;
  int line = 0;
  std::string text;  // The line.
  std::string expected;
  std::string got;

  std::string to_string() const;
};

struct Outcome {
  int cases = 0;
  std::vector<Failure> failures;
  std::string rewritten;  // The script with what happened in the place of what was expected.
};

Outcome run_script(const std::string& text, const std::string& file);

}  // namespace capstan::cases
