// Everything that is read of what other programs decide about: names and arguments of processes, mounts, units.
#include <cstdint>
#include <string_view>

#include "base/clean_text.h"
#include "connect/host/filesystems.h"
#include "connect/host/mask_secrets.h"
#include "connect/host/process.h"
#include "connect/host/service_table.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::host;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ProcessStat stat;
  std::string_view comm;
  parse_stat(text, stat, comm);
  parse_process_resource(text);
  parse_mounts(text);
  parse_systemd_services(text);
  if (masked_command(text).size() > 512) __builtin_trap();
  const std::string clean = capstan::clean_line(text, 1000);
  if (clean.size() > 1100 || clean != capstan::clean_line(clean, 2000)) __builtin_trap();  // Clean text stays as it is.
  return 0;
}
