// A verb that a pack describes, done by its steps.
#pragma once

#include <memory>

#include "model/verb.h"
#include "service/description.h"
#include "service/runner.h"

namespace capstan::service {

// Thread-safe. `outside` must outlive it.
class DescribedVerb final : public Verb {
 public:
  DescribedVerb(VerbDescription description, const Outside& outside)
      : description_(std::move(description)), outside_(outside) {}

  const VerbSpec& spec() const override { return description_.spec; }
  Status check(const Resource& target, const Json& parameters) const override;
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 private:
  // What steps know: the target's fields by name and as a whole ("target"), the parameters ("with" and by name), what
  // was before, the action's id; then the secrets.
  Result<Scope> scope_of(const Resource& target, const Json& parameters, const Json& before,
                         std::string_view action) const;
  Performed run(const Procedure& procedure, const Action& action, const Resource& target, const Json& before,
                const std::stop_token& stop) const;

  Performed change_password(const Action& action, const Resource& target, const std::stop_token& stop) const;
  Result<PasswordChange> password_change(const Resource& target, const Json& parameters, std::string_view action,
                                         const std::stop_token& stop) const;

  VerbDescription description_;
  const Outside& outside_;
};

}  // namespace capstan::service
