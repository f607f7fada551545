// What was recorded, told as it happened: for tests of backtests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "foresee/past.h"

namespace capstan::foresee {

inline Time at(std::string_view text) { return parse_time(text).value(); }

inline KindSpec vm_kind() {
  return {.name = "vm",
          .title = "",
          .help = "",
          .columns = {{.name = "state", .help = ""}, {.name = "env", .help = ""}, {.name = "note", .help = ""}}};
}

// "vm/1" was so from a time on.
class Record {
 public:
  void set(std::string_view time, const std::string& id, std::string state, std::string note = "") {
    set(at(time), id, std::move(state), std::move(note));
  }
  void set(Time time, const std::string& id, std::string state, std::string note = "") {
    end(time, id);
    open_[id] = {.resource = {.id = id,
                              .kind = "vm",
                              .name = id.substr(3),
                              .labels = labels,
                              .fields = Json::object({{"state", state}, {"env", env}, {"note", note}})},
                 .from = time,
                 .to = std::nullopt,
                 .seq = ++seq_};
  }
  void end(Time time, const std::string& id) {
    const auto old = open_.find(id);
    if (old == open_.end()) return;
    old->second.to = time;
    versions_.push_back(std::move(old->second));
    open_.erase(old);
  }
  std::string state_of(const std::string& id) const {
    const auto known = open_.find(id);
    return known == open_.end() ? "" : known->second.resource.fields["state"].string_or_empty();
  }

  Past past(const decide::Policy& policy) const {
    Past past;
    PastKind kind(vm_kind(), reads_of(policy, effects).value());
    for (const auto& version : versions_) kind.add(version);
    for (const auto& [id, version] : open_) kind.add(version);
    kind.settle();
    past.kinds.push_back(std::move(kind));
    past.deeds = deeds;
    past.overrides = overrides;
    past.freezes = freezes;
    past.lifts = lifts;
    past.effects = effects;
    return past;
  }

  std::vector<PastDeed> deeds;
  std::vector<decide::Override> overrides;
  std::vector<decide::Freeze> freezes;
  std::vector<PastLift> lifts;
  decide::VerbEffects effects;
  std::string env = "dev";  // Of what is set from now on.
  ResourceLabels labels;

 private:
  std::map<std::string, catalog::ResourceVersion> open_;
  std::vector<catalog::ResourceVersion> versions_;
  Seq seq_ = 0;
};

}  // namespace capstan::foresee
