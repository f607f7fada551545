#include "connect/aws/kept_credentials.h"

namespace capstan::aws {
namespace {

constexpr Duration kBeforeExpiry{5 * 60'000};
constexpr Duration kAtLeast{10'000};  // So long they must be good to be used at all.
constexpr Duration kAfterFailure{30'000};

}  // namespace

Result<Credentials> KeptCredentials::get(const std::stop_token& stop) {
  std::lock_guard lock(mutex_);
  const auto left = [&] { return kept_ && kept_->expires ? *kept_->expires - clock_.now() : Duration::max(); };
  if (kept_ && left() > kBeforeExpiry) return *kept_;
  const bool usable = kept_ && left() > kAtLeast;
  if (failure_ && clock_.monotonic() - tried_ < kAfterFailure) {
    if (usable) return *kept_;
    return fail(*failure_);
  }
  Result<Credentials> fresh = obtain_(stop);
  if (fresh) {
    kept_ = std::move(*fresh);
    failure_.reset();
    return *kept_;
  }
  if (fresh.error().code == ErrorCode::kCancelled) return fresh;
  failure_ = fresh.error();
  tried_ = clock_.monotonic();
  if (usable) return *kept_;
  return fresh;
}

void KeptCredentials::refused(const Credentials& used) {
  std::lock_guard lock(mutex_);
  if (kept_ && kept_->access_key_id == used.access_key_id) kept_.reset();  // Else somebody was quicker.
}

}  // namespace capstan::aws
