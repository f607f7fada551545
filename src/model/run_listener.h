// What long work says while it is done: whoever performs it tells, whoever shows it to people listens.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace capstan {

// How far it is, as it says itself.
struct RunProgress {
  double done = 0;
  double of = 0;     // In the unit of `done`; 100 where it speaks of percent.
  std::string says;  // "Apply: 3 of 7"
};

// All functions are called from the thread that does the work, one after the other for an action. Thread-safe.
class RunListener {
 public:
  virtual ~RunListener() = default;
  // The work on an action begins, or begins again to be undone; it is ended after `time_limit`.
  virtual void began(std::string_view action, Duration time_limit) = 0;
  // Text for people, in pieces as they come: UTF-8 without secrets and control characters.
  virtual void printed(std::string_view action, std::string_view text) = 0;
  virtual void progressed(std::string_view action, RunProgress progress) = 0;
  virtual void ended(std::string_view action) = 0;
};

}  // namespace capstan
