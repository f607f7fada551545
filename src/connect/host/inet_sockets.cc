#include "connect/host/inet_sockets.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>

namespace capstan::host {
namespace {

// States of net/tcp_states.h; UDP sockets without a peer are "closed".
constexpr uint32_t kEstablished = 1;
constexpr uint32_t kClosed = 7;
constexpr uint32_t kListen = 10;
constexpr size_t kMostSockets = 10'000;

std::span<const char> bytes_of(const inet_diag_req_v2& request) {
  return {reinterpret_cast<const char*>(&request), sizeof(request)};
}

const inet_diag_msg* message_of(std::span<const char> bytes) {
  return bytes.size() < sizeof(inet_diag_msg) ? nullptr : reinterpret_cast<const inet_diag_msg*>(bytes.data());
}

}  // namespace

Result<InetSockets> InetSockets::open() { return InetSockets(TRY(NetlinkSocket::open(NETLINK_SOCK_DIAG))); }

Result<std::vector<ListeningSocket>> InetSockets::listening() {
  struct Question {
    uint8_t family;
    uint8_t protocol;
    uint32_t state;
    std::string_view name;
  };
  constexpr Question kQuestions[] = {{AF_INET, IPPROTO_TCP, kListen, "tcp"},
                                     {AF_INET6, IPPROTO_TCP, kListen, "tcp6"},
                                     {AF_INET, IPPROTO_UDP, kClosed, "udp"},
                                     {AF_INET6, IPPROTO_UDP, kClosed, "udp6"}};
  std::vector<ListeningSocket> found;
  for (const Question& question : kQuestions) {
    inet_diag_req_v2 request{};
    request.sdiag_family = question.family;
    request.sdiag_protocol = question.protocol;
    request.idiag_states = 1U << question.state;
    const Status asked = socket_.dump(SOCK_DIAG_BY_FAMILY, bytes_of(request), [&](std::span<const char> bytes) {
      const inet_diag_msg* message = message_of(bytes);
      if (message == nullptr || found.size() >= kMostSockets) return;
      char address[INET6_ADDRSTRLEN] = "";
      ::inet_ntop(message->idiag_family, message->id.idiag_src, address, sizeof(address));
      found.push_back({.protocol = std::string(question.name),
                       .address = address,
                       .port = ntohs(message->id.idiag_sport),
                       .inode = message->idiag_inode,
                       .uid = message->idiag_uid});
    });
    if (!asked && asked.error().code != ErrorCode::kNotFound) return fail(asked.error());  // A kernel without IPv6.
  }
  return found;
}

Status InetSockets::traffic(std::unordered_map<uint64_t, uint64_t>& bytes_by_inode) {
  bytes_by_inode.clear();
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    inet_diag_req_v2 request{};
    request.sdiag_family = family;
    request.sdiag_protocol = IPPROTO_TCP;
    request.idiag_states = 1U << kEstablished;
    request.idiag_ext = 1U << (INET_DIAG_INFO - 1);
    Status asked = socket_.dump(SOCK_DIAG_BY_FAMILY, bytes_of(request), [&](std::span<const char> bytes) {
      const inet_diag_msg* message = message_of(bytes);
      if (message == nullptr || bytes_by_inode.size() >= kMostSockets) return;
      const auto info = Attributes(bytes.subspan(NLMSG_ALIGN(sizeof(inet_diag_msg)))).get<tcp_info>(INET_DIAG_INFO);
      if (info) bytes_by_inode[message->idiag_inode] = info->tcpi_bytes_acked + info->tcpi_bytes_received;
    });
    if (!asked && asked.error().code != ErrorCode::kNotFound) return asked;
  }
  return {};
}

}  // namespace capstan::host
