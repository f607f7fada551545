// The servers of known products among the processes of the machine, and what they are configured to be.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "connect/host/host_state.h"
#include "connect/host/process_start.h"
#include "model/resource.h"
#include "product/configuration.h"
#include "product/local_files.h"
#include "product/product_spec.h"

namespace capstan::loop {

// Not thread-safe: of the thread that looks at the machine.
class ProductSenses {
 public:
  explicit ProductSenses(std::vector<product::ProductSpec> products) : products_(std::move(products)) {}

  // Reads the files of new servers, and of those whose files have changed. A server that has ended stays for an hour,
  // so that one which a wrong setting keeps from starting is still known.
  Observation observe(host::HostState& state, Time now);

 private:
  struct Known {
    uint64_t look = 0;          // When it was last there.
    std::string comm;           // What it was told by: a process may become another program.
    size_t product = SIZE_MAX;  // In `products_`; SIZE_MAX for none.
  };
  struct Server {
    host::ProcessKey key;
    size_t product = 0;
    host::ProcessStart start;
    std::optional<std::map<std::string, std::string, std::less<>>> environment;
    std::vector<int> children;
    Time in_force_since;  // When it last took its configuration in, as far as can be seen.
    product::Configuration configuration;
    std::string stamp;
    Time changed_at;
    Time read_at;
    std::optional<Json> in_force;  // The values as they were when it took them in.
    Json pending;
    bool running = true;
    Time last_seen;
  };

  size_t product_of(const host::Process& process, host::HostState& state);
  void find_servers(host::HostState& state, Time now);
  void meet(const host::Process& process, size_t product, host::HostState& state, Time now);
  void read(Server& server, Time now);
  void compare(Server& server) const;
  void report(const std::string& name, const Server& server, host::HostState& state, Observation& seen) const;

  std::vector<product::ProductSpec> products_;
  std::unordered_map<host::ProcessKey, Known, host::ProcessKeyHash> known_;
  std::map<std::string, Server> servers_;  // By id.
  uint64_t looks_ = 0;
};

}  // namespace capstan::loop
