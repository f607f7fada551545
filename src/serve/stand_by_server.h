// What a node answers that stands by while another one leads: who that is, and that it is well itself.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "model/fact.h"
#include "serve/server.h"

namespace capstan::serve {

// What is told.
struct StandingBy {
  std::string node;
  std::string leader;  // "" while nobody has ever led, or it is not known.
  std::string page;    // Where the leader is.
  Time since;
  bool vacant = false;  // Nobody leads at this moment.
  Seq copied = 0;       // The newest fact of this node's copy, and of the shared ledger.
  Seq shared = 0;
  std::string error;  // Why nothing is known of the shared ledger now.
};

// "capstan-b stands by; capstan-a leads since 2026-01-08T18:00:00Z (http://capstan-a:9280)"
std::string describe(const StandingBy& standing);

class StandByServer {
 public:
  // Serves from the moment it returns, on the addresses and the local socket that the server of the leading node uses.
  // `standing` is called by any thread and outlives it.
  static Result<std::unique_ptr<StandByServer>> start(const ServerOptions& options,
                                                      std::function<StandingBy()> standing);
  virtual ~StandByServer() = default;
  virtual const std::string& address() const = 0;
};

}  // namespace capstan::serve
