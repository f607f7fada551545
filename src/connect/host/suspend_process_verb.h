// host.suspend_process: holds a process where it is until it is let go on.
#pragma once

#include "base/clock.h"
#include "model/verb.h"

namespace capstan::host {

class SuspendProcessVerb final : public Verb {
 public:
  // `clock` must outlive this.
  explicit SuspendProcessVerb(const Clock& clock);

  const VerbSpec& spec() const override { return spec_; }
  Status check(const Resource& target, const Json& parameters) const override;
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 private:
  const Clock& clock_;
  VerbSpec spec_;
};

}  // namespace capstan::host
