#include "connect/host/process_events.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "base/file.h"

namespace capstan::host {
namespace {

constexpr size_t kMostEnds = 20'000;
constexpr int kReceiveBytes = 4 << 20;
// The kernel's headers name this only as an enumerator whose place has moved between versions.
constexpr uint32_t kExitEvent = 0x80000000U;

constexpr unsigned kEventOffset = NLMSG_HDRLEN + sizeof(cn_msg);
constexpr unsigned kWhatOffset = kEventOffset + offsetof(proc_event, what);
constexpr unsigned kDataOffset = kEventOffset + offsetof(proc_event, event_data);

// Lets the kernel drop all but the ends of whole processes, so that a storm of forks and threads does not flood us. A
// filter sees words in network order, hence the swapped constant.
Status attach_filter(int socket) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kWhatOffset),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __builtin_bswap32(kExitEvent), 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kDataOffset),  // The thread …
      BPF_STMT(BPF_MISC | BPF_TAX, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kDataOffset + 4),  // … and its process.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog filter{.len = std::size(program), .filter = program};
  if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0) return {};
  return fail(errno_code(errno), "cannot filter process events: " + errno_text(errno));
}

Status subscribe(int socket) {
  constexpr proc_cn_mcast_op kListen = PROC_CN_MCAST_LISTEN;
  alignas(nlmsghdr) char request[NLMSG_SPACE(sizeof(cn_msg) + sizeof(kListen))] = {};
  auto* header = reinterpret_cast<nlmsghdr*>(request);
  header->nlmsg_len = NLMSG_LENGTH(sizeof(cn_msg) + sizeof(kListen));
  header->nlmsg_type = NLMSG_DONE;
  auto* message = static_cast<cn_msg*>(NLMSG_DATA(header));
  message->id = {CN_IDX_PROC, CN_VAL_PROC};
  message->len = sizeof(kListen);
  ::memcpy(request + NLMSG_HDRLEN + sizeof(cn_msg), &kListen, sizeof(kListen));
  if (::send(socket, request, header->nlmsg_len, 0) == static_cast<ssize_t>(header->nlmsg_len)) return {};
  return fail(errno_code(errno), "cannot subscribe to process events: " + errno_text(errno));
}

}  // namespace

Result<ProcessEvents> ProcessEvents::open() {
  FileHandle handle(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR));
  if (!handle.is_open()) return fail(errno_code(errno), "no process events: " + errno_text(errno));
  ::setsockopt(handle.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBytes, sizeof(kReceiveBytes));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (::bind(handle.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return fail(errno_code(errno), "no process events (root is needed): " + errno_text(errno));
  }
  if (Status filtered = attach_filter(handle.get()); !filtered) return fail(filtered.error());
  if (Status subscribed = subscribe(handle.get()); !subscribed) return fail(subscribed.error());
  return ProcessEvents(std::move(handle));
}

void ProcessEvents::take() {
  alignas(nlmsghdr) char buffer[8192];
  while (true) {
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof(buffer), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == ENOBUFS) {
      lost_ = true;
      continue;
    }
    if (got < 0) return;
    if (got < static_cast<ssize_t>(kDataOffset + sizeof(proc_event::event_data.exit))) continue;
    proc_event event{};
    ::memcpy(&event, buffer + kEventOffset, std::min(sizeof(event), static_cast<size_t>(got) - kEventOffset));
    if (static_cast<uint32_t>(event.what) != kExitEvent) continue;
    if (wait_status_.size() >= kMostEnds) wait_status_.clear();  // Nobody asked: these were of no interest.
    wait_status_[event.event_data.exit.process_tgid] = static_cast<int>(event.event_data.exit.exit_code);
  }
}

Json ProcessEvents::peek_end(int pid) const {
  const auto found = wait_status_.find(pid);
  if (found == wait_status_.end()) return {};
  const int status = found->second;
  if (!WIFSIGNALED(status)) return Json::object({{"exit_status", WEXITSTATUS(status)}});
  const char* name = ::sigabbrev_np(WTERMSIG(status));
  return Json::object({{"exit_signal", WTERMSIG(status)},
                       {"exit_signal_name", name == nullptr ? std::string("unknown") : std::string("SIG") + name}});
}

Json ProcessEvents::take_end(int pid) {
  Json end = peek_end(pid);
  wait_status_.erase(pid);
  return end;
}

}  // namespace capstan::host
