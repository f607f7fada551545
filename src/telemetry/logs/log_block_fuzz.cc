// Any bytes as a file of lines, as the content of a chunk, and as a record of the log.
#include <zstd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "telemetry/logs/log_block.h"
#include "telemetry/logs/log_journal.h"
#include "telemetry/storage/crc32c.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::telemetry;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(parse_log_block(bytes));
  static_cast<void>(decode_log_chunk(bytes));
  read_log_journal(bytes, [](capstan::LogLine) {});

  // The same where the checksum fits and the bytes unpack, so that what lies behind is reached.
  std::string packed(ZSTD_compressBound(size), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), data, size, 1));
  if (const auto entries = decode_log_chunk(packed)) {
    for (const LogEntry& entry : *entries) static_cast<void>(entry.line());
  }
  std::string file = "CAPLOG1\n" + std::string(bytes);
  const uint64_t offset = 8;
  const uint32_t checksum = crc32c(bytes);
  file.append(reinterpret_cast<const char*>(&offset), 8);
  file.append(reinterpret_cast<const char*>(&checksum), 4);
  file.append(4, '\0');
  static_cast<void>(parse_log_block(file));
  return 0;
}
