// Whatever is given as the URL of the shared ledger is taken or refused, and a refusal repeats nothing of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ledger/postgres.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = capstan::ledger::PostgresAddress::parse(text);
  if (address) {
    if (address->shown().empty()) std::abort();
    return 0;
  }
  // Two sentences, whatever was wrong.
  const std::string_view message = address.error().message;
  const bool known = message.ends_with("expected postgresql://USER@HOST:PORT/DATABASE") ||
                     message.ends_with("put it into a file of its own and name that in PGPASSFILE");
  if (!known) std::abort();
  return 0;
}
