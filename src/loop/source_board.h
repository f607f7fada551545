// How the parts are doing that sense and that work, and what is written down of it: the limits they reach, and from
// when until when a source was seen. Owned by the loop; not thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "loop/fact_book.h"
#include "loop/money_book.h"
#include "model/resource.h"

namespace capstan::loop {

struct SourceState {
  std::string name;
  std::string error;  // "" when all is well.
  Time last;
};

class SourceBoard {
 public:
  struct Parts {
    const Clock& clock;
    FactBook& facts;
    MoneyBook* money;  // Null where nothing is metered: then nothing is written down of when a source was seen.
  };
  explicit SourceBoard(const Parts& parts) : parts_(parts) {}

  // A look was taken in, or could not be.
  void note_look(const Observation& look, const Status& taken);
  // What a source says of itself; "" when all is well.
  void note(const std::string& name, std::string error, Time at);
  // How a part of the loop fared. Logged where it changes, not at every tick.
  void report(std::string_view part, const Status& status);
  // Writes down which limits were reached since the last call: later, as a full disk takes no fact about itself.
  void write_limits(Time now);

  const std::map<std::string, SourceState>& states() const { return states_; }

 private:
  void write_seen(const std::string& name, Time at);
  void write_lost(const std::string& name, Time last, Time at);

  Parts parts_;
  std::map<std::string, SourceState> states_;
  std::map<std::string, std::string> limits_reached_;  // To be written down: part, what it says.
};

}  // namespace capstan::loop
