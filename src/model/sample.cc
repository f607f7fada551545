#include "model/sample.h"

#include <bit>

namespace capstan {

double stale_nan() { return std::bit_cast<double>(kStaleNanBits); }
bool is_stale(double value) { return std::bit_cast<uint64_t>(value) == kStaleNanBits; }

}  // namespace capstan
