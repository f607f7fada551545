// The machine's TCP and UDP sockets, as the kernel's sock_diag lists them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "connect/host/netlink.h"

namespace capstan::host {

struct ListeningSocket {
  std::string protocol;  // "tcp", "tcp6", "udp", "udp6"
  std::string address;   // "127.0.0.1", "::"
  uint16_t port = 0;
  uint64_t inode = 0;  // 0 for a socket of the kernel itself.
  uid_t uid = 0;
};

// Not thread-safe.
class InetSockets {
 public:
  static Result<InetSockets> open();

  // TCP sockets that listen, and bound UDP sockets without a peer; at most 10,000.
  Result<std::vector<ListeningSocket>> listening();

  // Bytes sent and acknowledged or received over each TCP connection, by the inode of its socket.
  Status traffic(std::unordered_map<uint64_t, uint64_t>& bytes_by_inode);

 private:
  explicit InetSockets(NetlinkSocket socket) : socket_(std::move(socket)) {}

  NetlinkSocket socket_;
};

}  // namespace capstan::host
