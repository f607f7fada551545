// The checksum of everything we keep on disk: CRC-32C (Castagnoli), as iSCSI (RFC 3720, appendix B.4) defines it.
#pragma once

#include <cstdint>
#include <string_view>

namespace capstan::telemetry {

uint32_t crc32c(std::string_view bytes);

}  // namespace capstan::telemetry
