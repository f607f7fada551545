// What explanation may ask about the world. Everything behind it is fixed for the length of one round, so that the same
// round explained twice gives the same answer.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/fact.h"
#include "model/manual.h"
#include "model/resource.h"
#include "model/signal.h"

namespace capstan::explain {

class World {
 public:
  virtual ~World() = default;

  virtual Time now() const = 0;
  virtual const SignalSource& signals() const = 0;
  // Also resources that are gone, as they were last seen; nothing for an id never seen.
  virtual std::optional<Resource> resource(std::string_view id) const = 0;
  // Relations with this resource at either end, present ones only.
  virtual std::vector<Relation> relations_of(std::string_view id) const = 0;
  // Facts about the resource itself and about what is, or was in this window, related to it: appeared, changed and
  // gone resources, finished actions. Oldest first, at most a few hundred.
  virtual std::vector<Fact> changes_near(std::string_view id, Time from, Time to) const = 0;
  // None where there is none.
  virtual const Manual* manual() const { return nullptr; }
};

}  // namespace capstan::explain
