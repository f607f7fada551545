#include "catalog/version_packer.h"

#include <zstd.h>

namespace capstan::catalog {
namespace {

constexpr size_t kWorthIt = 400;  // Bytes.
constexpr int kLevel = 3;
constexpr size_t kLargestText = 4 << 20;

}  // namespace

struct VersionPacker::Contexts {
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> compress{ZSTD_createCCtx(), ZSTD_freeCCtx};
  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> decompress{ZSTD_createDCtx(), ZSTD_freeDCtx};
};

VersionPacker::VersionPacker() : contexts_(std::make_unique<Contexts>()) {
  ZSTD_CCtx_setParameter(contexts_->compress.get(), ZSTD_c_compressionLevel, kLevel);
}
VersionPacker::~VersionPacker() = default;
VersionPacker::VersionPacker(VersionPacker&&) noexcept = default;
VersionPacker& VersionPacker::operator=(VersionPacker&&) noexcept = default;

std::optional<std::string> VersionPacker::pack(std::string_view text, std::string_view base) {
  if (text.size() < kWorthIt || text.size() > kLargestText) return std::nullopt;
  ZSTD_CCtx* context = contexts_->compress.get();
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  if (ZSTD_isError(ZSTD_CCtx_refPrefix(context, base.data(), base.size())) != 0U) return std::nullopt;
  const size_t size = ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size());
  if (ZSTD_isError(size) != 0U || size >= text.size()) return std::nullopt;
  packed.resize(size);
  packed.shrink_to_fit();
  return packed;
}

Result<std::string> VersionPacker::unpack(std::string_view packed, std::string_view base) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > kLargestText) {
    return fail(ErrorCode::kCorrupt, "no packed version");
  }
  ZSTD_DCtx* context = contexts_->decompress.get();
  std::string text(size, '\0');
  const bool is_ready = ZSTD_isError(ZSTD_DCtx_refPrefix(context, base.data(), base.size())) == 0U;
  if (!is_ready || ZSTD_decompressDCtx(context, text.data(), text.size(), packed.data(), packed.size()) != size) {
    return fail(ErrorCode::kCorrupt, "a packed version cannot be read");
  }
  return text;
}

}  // namespace capstan::catalog
