// The parts of a policy that have a form of their own. Only for policy_reader.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "decide/policy_reader.h"

namespace capstan::decide {

// Reads parts and collects their mistakes in the order in which they are met.
class PartsReader {
 public:
  PartsReader(const Vocabulary& vocabulary, std::optional<Zone> zone)
      : vocabulary_(vocabulary), zone_(std::move(zone)) {}

  // What `select` says. Where it means every resource of a kind it must say so: `all: true`.
  Selection targets(const ConfigNode& node);
  Selection selection(const ConfigNode& node, std::string_view what, std::string_view default_kind) {
    return selection(node, what, default_kind, nullptr);
  }
  Trigger trigger(const ConfigNode& node);
  Schedule schedule(const ConfigNode* windows, const ConfigNode* exceptions);
  WantedState wanted(const ConfigNode& node, std::string_view kind);
  // `keep` or `otherwise` as a list of conditions, each with the step that brings it about.
  std::vector<Kept> kept(const ConfigNode& node, std::string_view kind);
  // `during: { of: SQL }`; "" where it is windows.
  std::string hours(const ConfigNode& windows, std::string_view kind);
  // `except: { of: SQL }`, alone or in a list; "" where it is windows and calendars.
  std::string holidays(const ConfigNode& exceptions, std::string_view kind);
  std::vector<Step> steps(const ConfigNode& node, std::string_view kind);
  Limits limits(const ConfigNode& node, Policy& policy);
  Warning warning(const ConfigNode& node);
  void verify(const ConfigNode& node, Policy& policy);
  void undo(const ConfigNode& node, Policy& policy);

  const std::optional<Zone>& zone() const { return zone_; }
  // The verb that deletes a resource, by kind: where exactly one is named so.
  std::map<std::string, std::string, std::less<>> deletes() const;

  void problem(const ConfigNode& at, std::string message, ErrorCode code = ErrorCode::kInvalidArgument) {
    problems_.push_back({code, std::move(message), at.where});
  }
  void take_problems(MapReader& reader) {
    for (Error& error : reader.problems()) problems_.push_back(std::move(error));
  }
  std::vector<Error>& problems() { return problems_; }

 private:
  // One text or a list of texts, with their positions.
  std::vector<const ConfigNode*> texts(const ConfigNode& node, std::string_view key);
  Duration period(const ConfigNode& node, std::string_view key);
  void read_after(const ConfigNode& node, Step& step);
  std::string own(const ConfigNode& node, std::string_view key, std::string_view kind);
  // With `all` the key of that name is known, and its value put there.
  Selection selection(const ConfigNode& node, std::string_view what, std::string_view default_kind, bool* all);
  void check_selection(const ConfigNode& node, const Selection& selection);
  bool depends_on_resource(const Selection& selection) const;
  void read_exception(const ConfigNode& node, Schedule& schedule);
  Step step(const ConfigNode& node, std::string_view kind);
  Kept one_kept(const ConfigNode& node, std::string_view kind);
  void check_expression(const ConfigNode& node, std::string_view kind);
  void choose(Step& step, const ConfigNode& at, std::string_view kind);

  const Vocabulary& vocabulary_;
  std::optional<Zone> zone_;
  std::vector<Error> problems_;
};

}  // namespace capstan::decide
