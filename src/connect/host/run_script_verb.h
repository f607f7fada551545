// host.run_script: runs one of the scripts that the operator put into the scripts directory, and no other.
#pragma once

#include <string>

#include "base/clock.h"
#include "model/verb.h"

namespace capstan::host {

class RunScriptVerb final : public Verb {
 public:
  // `directory` "" refuses every script. `user` "" is nobody when Capstan is root, else Capstan's own user. `clock`
  // must outlive this.
  RunScriptVerb(std::string directory, std::string user, const Clock& clock);

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

  std::string directory_;
  std::string user_;
  const Clock& clock_;
  VerbSpec spec_;
};

}  // namespace capstan::host
