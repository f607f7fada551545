#include "secret/masking_list.h"

namespace capstan::secret {
namespace {

constexpr size_t kShortest = 6;
constexpr size_t kMost = 10'000;

}  // namespace

void MaskingList::add(std::string_view secret) {
  if (secret.size() < kShortest) return;
  secrets_.write([&](auto& secrets) {
    if (secrets.size() < kMost) secrets.emplace(secret);
  });
}

std::string MaskingList::mask(std::string_view text) const {
  std::string masked(text);
  secrets_.read([&](const auto& secrets) {
    for (const std::string& secret : secrets) {
      for (size_t at = masked.find(secret); at != std::string::npos; at = masked.find(secret, at + 3)) {
        masked.replace(at, secret.size(), "***");
      }
    }
  });
  return masked;
}

}  // namespace capstan::secret
