// One node of several that share a ledger: it stands by until it leads, and stands by again when it must not any more.
#pragma once

#include <signal.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "ledger/lease.h"
#include "ledger/lease_watch.h"
#include "ledger/postgres.h"
#include "ledger/shared_writer.h"
#include "ledger/stand_by.h"
#include "loop/instance.h"
#include "serve/server.h"

namespace capstan::cli {

class SharedRun {
 public:
  struct Options {
    std::string url;   // Of the PostgreSQL database.
    std::string node;  // Its name, for people.
    std::filesystem::path ledger;
    serve::ServerOptions server;  // What it answers while it stands by.
  };
  // Touches nothing yet. Errors: of the URL.
  static Result<std::unique_ptr<SharedRun>> create(Options options, const Clock& clock, Random& random);
  // Gives the lease back. The instance has gone before.
  ~SharedRun();

  // Returns true when this node leads, false when one of the signals came. Errors are such as do not pass.
  Result<bool> stand_by(const sigset_t& ending);

  // For the instance that leads.
  loop::Lead lead();
  // What to stop when the lease is lost; until `release`.
  void watch(loop::Instance& instance) { instance_ = &instance; }
  // Capstan is ending: when the lease is lost from now on, the process just ends.
  void note_ending() { ending_ = true; }
  // Nothing is under way any more: another node may lead at once, and nobody watches the instance.
  void release();

 private:
  SharedRun(Options options, ledger::PostgresAddress address, const Clock& clock, Random& random);
  Result<bool> stand_by(ledger::Ledger& copy, const sigset_t& ending);
  void lost();

  const Options options_;
  const ledger::PostgresAddress address_;
  const Clock& clock_;
  Random& random_;
  std::unique_ptr<ledger::SharedStore> lease_store_;  // A connection of its own: renewing waits for no fact.
  std::unique_ptr<ledger::SharedStore> fact_store_;
  ledger::Lease lease_;
  ledger::SharedWriter writer_;
  std::atomic<loop::Instance*> instance_ = nullptr;
  std::atomic<bool> ending_ = false;
  std::unique_ptr<ledger::LeaseWatch> watch_;
};

}  // namespace capstan::cli
