// What a Vault answers: data, a login, a lease or a wrapping token, or errors, which become ours.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "base/json.h"
#include "base/time.h"
#include "model/secret.h"

namespace capstan::vault {

struct VaultLogin {
  Secret token;
  Duration ttl{0};  // 0: it does not expire.
  bool renewable = false;
};

struct VaultLease {
  std::string id;  // "" for none.
  Duration ttl{0};
  bool renewable = false;
};

struct VaultAnswer {
  Json data;  // An object, or null.
  std::optional<VaultLogin> login;
  VaultLease lease;
  std::vector<std::string> warnings;
};

//   kInvalidArgument     400
//   kFailedPrecondition  400 of a check-and-set that did not hold
//   kPermissionDenied    403
//   kNotFound            404, also of a deleted version, whose number and end are told
//   kUnimplemented       405
//   kUnavailable         sealed (503), a standby (307, 429, 472, 473), behind (412), out of order (5xx)
//   kCorrupt             what no Vault answers
// Messages repeat the errors of the Vault, cut to a line.
Result<VaultAnswer> read_answer(const HttpResponse& response);

}  // namespace capstan::vault
