#include "connect/host/netlink.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "base/file.h"

namespace capstan::host {

Result<NetlinkSocket> NetlinkSocket::open(int protocol) {
  FileHandle handle(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
  if (!handle.is_open()) return fail(errno_code(errno), "cannot open a netlink socket: " + errno_text(errno));
  // The kernel answers at once or never.
  const timeval limit{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(handle.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  return NetlinkSocket(std::move(handle));
}

Status NetlinkSocket::dump(uint16_t type, std::span<const char> body,
                           const std::function<void(std::span<const char>)>& each) {
  std::vector<char> request(NLMSG_LENGTH(body.size()));
  auto* header = reinterpret_cast<nlmsghdr*>(request.data());
  header->nlmsg_len = static_cast<uint32_t>(request.size());
  header->nlmsg_type = type;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header->nlmsg_seq = ++sequence_;
  std::memcpy(NLMSG_DATA(header), body.data(), body.size());
  if (::send(socket_.get(), request.data(), request.size(), 0) < 0) {
    return fail(errno_code(errno), "cannot ask over netlink: " + errno_text(errno));
  }
  while (true) {
    const ssize_t got = ::recv(socket_.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_code(errno), "no answer over netlink: " + errno_text(errno));
    auto left = static_cast<unsigned>(got);
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(buffer_.data()); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_seq != sequence_) continue;  // Left over from a question that was given up.
      if (message->nlmsg_type == NLMSG_DONE) return {};
      const auto* data = static_cast<const char*>(NLMSG_DATA(message));
      if (message->nlmsg_type == NLMSG_ERROR) {
        const int number = -reinterpret_cast<const nlmsgerr*>(data)->error;
        return fail(errno_code(number), "netlink refused: " + errno_text(number));
      }
      each(std::span<const char>(data, message->nlmsg_len - NLMSG_HDRLEN));
    }
  }
}

}  // namespace capstan::host
