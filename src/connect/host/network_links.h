// Network interfaces, as rtnetlink lists them in one answer, and their counters under node_exporter's names.
#pragma once

#include <linux/if_link.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connect/host/kernel_files.h"
#include "connect/host/netlink.h"
#include "connect/host/sample_writer.h"

namespace capstan::host {

struct NetworkLink {
  std::string name;
  std::string address;  // "02:fc:00:00:00:01"
  std::string broadcast;
  std::string alias;
  std::string state;   // "up", "down", "unknown", …
  std::string duplex;  // "full", "half", "unknown"; "" when the interface has none.
  unsigned flags = 0;  // As /sys/class/net/*/flags shows them.
  unsigned index = 0;
  unsigned parent_index = 0;
  unsigned type = 0;
  unsigned mtu = 0;
  unsigned queue_length = 0;
  unsigned group = 0;
  unsigned link_mode = 0;
  uint32_t carrier_ups = 0;
  uint32_t carrier_downs = 0;
  std::optional<bool> carrier;        // Unknown while the interface is administratively down.
  std::optional<double> speed_bytes;  // Bytes a second; negative where the driver does not know.
  rtnl_link_stats64 counters{};
};

// Not thread-safe.
class NetworkLinks {
 public:
  static Result<NetworkLinks> open();

  // Speed and duplex come from /sys and are asked for once a minute only: that file can take a driver milliseconds.
  Result<std::vector<NetworkLink>> list(KernelFiles& sys, Time now);

 private:
  struct Speed {
    Time asked;
    std::optional<double> bytes;
    std::string duplex;
  };
  explicit NetworkLinks(NetlinkSocket socket) : socket_(std::move(socket)) {}

  NetlinkSocket socket_;
  std::map<std::string, Speed> speeds_;
};

void add_network_metrics(const std::vector<NetworkLink>& links, SampleWriter& out);

}  // namespace capstan::host
