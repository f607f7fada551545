// Any bytes as a block's index, with a checksum that fits, so that the checks behind it are reached.
#include <cstdint>
#include <cstring>

#include "telemetry/metrics/block.h"
#include "telemetry/storage/crc32c.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::telemetry;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(BlockIndex::parse(bytes));
  if (bytes.size() >= 8) std::memcpy(bytes.data(), &kIndexMagic, 8);
  const uint32_t checksum = crc32c(bytes);
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  const auto index = BlockIndex::parse(bytes);
  if (!index) return 0;
  size_t seen = 0;
  index->each_name([&](std::string_view name) {
    index->each_value(name, [&](std::string_view value, PostingsView) { seen += index->with(name, value).size(); });
  });
  for (SeriesNumber number : index->all()) seen += index->series(number) ? 1 : 0;
  for (SeriesNumber number = 0; number < 100; ++number) seen += index->series(number) ? 1 : 0;
  for (const char* text : {"a", ".*", ".+", ""}) {
    const auto matcher = Matcher::create(Matcher::Type::kRegex, "a", text);
    seen += find_series(*index, {*matcher}).size();
  }
  return 0;
}
