// Against DNS rebinding: a page of another site that makes its own name point at this machine still sends that name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace capstan::serve {

// Immutable, so thread-safe.
class HostCheck {
 public:
  explicit HostCheck(std::vector<std::string> names);

  // `host` is a Host header, with or without port. Who comes from this machine must use localhost, 127.0.0.1, [::1] or
  // one of the names; who comes from elsewhere one of the names, or anything when there are none: the server is then
  // meant to be reached by names that it cannot know.
  bool accepts(std::string_view host, bool from_loopback) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace capstan::serve
