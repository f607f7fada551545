// host.lower_priority: lets a process run only when nobody else wants the processor or the disk.
#pragma once

#include "model/verb.h"

namespace capstan::host {

class LowerPriorityVerb final : public Verb {
 public:
  LowerPriorityVerb();

  const VerbSpec& spec() const override { return spec_; }
  Status check(const Resource& target, const Json& parameters) const override;
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 private:
  VerbSpec spec_;
};

}  // namespace capstan::host
