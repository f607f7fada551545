// Asks the kernel questions over netlink and walks the answers.
#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/file_handle.h"
#include "base/result.h"

namespace capstan::host {

// Attributes of a message, which follow its fixed header.
class Attributes {
 public:
  explicit Attributes(std::span<const char> bytes) : bytes_(bytes) {}

  // The bytes of the first attribute of a type.
  std::optional<std::span<const char>> find(unsigned short type) const {
    const auto* attribute = reinterpret_cast<const rtattr*>(bytes_.data());
    for (auto left = static_cast<int>(bytes_.size()); RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
      if ((attribute->rta_type & NLA_TYPE_MASK) == type) {
        return std::span<const char>(static_cast<const char*>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute));
      }
    }
    return std::nullopt;
  }
  // A fixed-size value. A kernel older or newer than our headers may know a shorter or longer form of it: what is
  // missing is zero.
  template <class T>
  std::optional<T> get(unsigned short type) const {
    const auto found = find(type);
    if (!found) return std::nullopt;
    T value{};
    std::memcpy(&value, found->data(), std::min(sizeof(T), found->size()));
    return value;
  }
  // Text without its terminating zero.
  std::string_view text(unsigned short type) const {
    const auto found = find(type);
    if (!found) return {};
    return std::string_view(found->data(), ::strnlen(found->data(), found->size()));
  }

 private:
  std::span<const char> bytes_;
};

// Not thread-safe.
class NetlinkSocket {
 public:
  // `protocol` is NETLINK_ROUTE, NETLINK_SOCK_DIAG, …
  static Result<NetlinkSocket> open(int protocol);

  // Sends a request (`body` follows the header) with the dump flag and gives every message of the answer to `each`,
  // the netlink header excluded.
  Status dump(uint16_t type, std::span<const char> body, const std::function<void(std::span<const char>)>& each);

 private:
  explicit NetlinkSocket(FileHandle socket) : socket_(std::move(socket)), buffer_(64 << 10) {}

  FileHandle socket_;
  uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};

}  // namespace capstan::host
