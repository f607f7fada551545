#include "loop/source_board.h"

#include <utility>

#include "base/log.h"

namespace capstan::loop {

void SourceBoard::note_look(const Observation& look, const Status& taken) {
  // A look of which something could not be taken was a look all the same: its source is not lost.
  states_[look.scope] = {look.scope, taken ? "" : taken.error().to_string(), look.at};
  if (!look.resources.empty()) write_seen(look.scope, look.at);
}

void SourceBoard::note(const std::string& name, std::string error, Time at) {
  const SourceState before = std::exchange(states_[name], SourceState{name, error, at});
  if (!error.empty()) write_lost(name, before.last, at);
}

void SourceBoard::report(std::string_view part, const Status& status) {
  SourceState& state = states_[std::string(part)];
  const std::string error = status ? "" : status.error().to_string();
  if (!error.empty() && error != state.error) {
    log::error(part, error);
    if (status.error().code == ErrorCode::kResourceExhausted)
      limits_reached_[std::string(part)] = status.error().message;
  }
  if (error.empty() && !state.error.empty()) log::info(part, "well again");
  state = {std::string(part), error, parts_.clock.now()};
}

void SourceBoard::write_limits(Time now) {
  std::map<std::string, std::string> reached = std::exchange(limits_reached_, {});
  for (auto& [part, says] : reached) {
    const auto written = parts_.facts.append_one({now, std::string(fact_kind::kLimitReached), part,
                                                  Json::object({{"limit", part}, {"says", says}}), 0, "capstan"});
    if (!written) limits_reached_.emplace(part, std::move(says));
  }
}

void SourceBoard::write_seen(const std::string& name, Time at) {
  if (parts_.money == nullptr || parts_.money->is_seen(name)) return;
  const auto written =
      parts_.facts.append_one({at, std::string(fact_kind::kSourceSeen), name, Json::object(), 0, "capstan"});
  if (!written) log::warning("loop", "cannot write down that a source is seen: " + written.error().to_string());
}

void SourceBoard::write_lost(const std::string& name, Time last, Time at) {
  if (parts_.money == nullptr || !parts_.money->is_seen(name)) return;
  const auto written = parts_.facts.append_one(
      {at, std::string(fact_kind::kSourceLost), name, Json::object({{"last", format_time(last)}}), 0, "capstan"});
  if (!written) log::warning("loop", "cannot write down that a source is lost: " + written.error().to_string());
}

}  // namespace capstan::loop
