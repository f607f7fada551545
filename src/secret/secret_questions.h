// What people ask of the store of secrets, from the API and the command: each question and answer a JSON object. Who
// asked what is written down as a fact, never with a value.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "model/fact.h"
#include "model/versioned_secrets.h"

namespace capstan::secret {

// Thread-safe as its parts are.
class SecretQuestions {
 public:
  struct Parts {
    const Clock& clock;
    std::function<Result<std::shared_ptr<VersionedSecretStore>>()> store;
    std::function<Status(std::string_view key)> rekey;
    std::function<Result<Secret>(std::string_view policy)> generate;
    std::function<Status(NewFact)> record;
  };
  explicit SecretQuestions(Parts parts) : parts_(std::move(parts)) {}

  //   put       {path, fields, version?}     these fields, the others stay; only upon that version, 0 for none
  //   get       {path, version?, reveal?}    names of fields; values with reveal
  //   list      {prefix?}
  //   versions  {path}
  //   delete    {path, version?, destroy?}   one version, or all of it without one
  //   rekey     {key?}                       of the sealed store
  //   generate  {policy?, path?, field?}     a password: stored at `path`, or shown where there is none
  // `by` is an actor: "user:alice". kInvalidArgument for other questions and members.
  Result<Json> answer(std::string_view what, const Json& question, std::string_view by) const;

 private:
  class Question;
  Result<Json> put(Question& question, std::string_view by) const;
  Result<Json> get(Question& question, std::string_view by) const;
  Result<Json> list(Question& question) const;
  Result<Json> versions(Question& question) const;
  Result<Json> remove(Question& question, std::string_view by) const;
  Result<Json> rekey(Question& question, std::string_view by) const;
  Result<Json> generate(Question& question, std::string_view by) const;
  Result<Json> write(std::string_view path, SecretFields fields, std::optional<int64_t> expected,
                     std::string_view by) const;
  Status record(std::string_view kind, std::string_view path, Json body, std::string_view by) const;

  const Parts parts_;
};

}  // namespace capstan::secret
