// Messages on the terminal that Capstan runs in.
#pragma once

#include <cstdio>

#include "model/message.h"

namespace capstan::tell {

class ConsoleChannel final : public Channel {
 public:
  // Writes to `out`, which must stay open; whole messages, never interleaved.
  explicit ConsoleChannel(std::FILE* out) : out_(out) {}

  std::string_view name() const override { return "console"; }
  Delivery send(const Message& message, const std::string& thread_reference, const std::stop_token& stop) override;

 private:
  std::FILE* out_;
};

}  // namespace capstan::tell
