// host.run_script: runs one of the scripts that the operator put into the scripts directory, and no other.
#pragma once

#include <string>

#include "base/clock.h"
#include "connect/host/current_host_config.h"
#include "model/verb.h"

namespace capstan::host {

class RunScriptVerb final : public Verb {
 public:
  // Without a scripts directory every script is refused. Without a user for them it is nobody when Capstan is root,
  // else Capstan's own. `config` and `clock` must outlive this.
  RunScriptVerb(const CurrentHostConfig& config, const Clock& clock);

  const VerbSpec& spec() const override { return spec_; }
  Status check(const Resource& target, const Json& parameters) const override;
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 private:
  Result<std::string> find_script(const Json& parameters) const;

  const CurrentHostConfig& config_;
  const Clock& clock_;
  VerbSpec spec_;
};

}  // namespace capstan::host
