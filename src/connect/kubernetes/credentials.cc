#include "connect/kubernetes/credentials.h"

#include <fmt/format.h>

#include "base/file.h"

namespace capstan::kubernetes {
namespace {

constexpr Duration kTokenFileInterval{60'000};
constexpr Duration kBeforeExpiry{10'000};  // A request takes its time, and clocks differ.
constexpr Duration kAfterFailure{10'000};  // A plugin that fails is not run for every request.
constexpr size_t kMaxTokenBytes = 1 << 20;

Result<std::string> read_token(const std::string& file) {
  std::string token = TRY(read_file(file, kMaxTokenBytes));
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if (token.empty()) return fail(ErrorCode::kUnauthenticated, fmt::format("the token file {} is empty", file));
  return token;
}

}  // namespace

Credentials::Credentials(ClusterAccess access, Environment environment, const Clock& clock)
    : access_(std::move(access)), environment_(std::move(environment)), clock_(clock) {}

Result<uint64_t> Credentials::sign(HttpRequest& request, const std::stop_token& stop) {
  request.tls = access_.tls;
  request.proxy = access_.proxy;
  request.environment_proxy = true;
  request.accept_compressed = access_.compressed;
  request.username = access_.username;
  request.password = access_.password;
  request.headers.insert(request.headers.end(), access_.impersonation.begin(), access_.impersonation.end());
  std::lock_guard lock(mutex_);
  TRY(refresh(stop));
  request.bearer_token = proof_->token;
  if (!proof_->certificate_pem.empty()) {
    request.tls.certificate_pem = proof_->certificate_pem;
    request.tls.key_pem = proof_->key_pem;
  }
  return number_;
}

bool Credentials::refused(uint64_t proof) {
  std::lock_guard lock(mutex_);
  if (!access_.plugin && access_.token_file.empty()) return false;
  if (proof != number_) return true;  // Somebody was quicker.
  proof_.reset();
  return true;
}

bool Credentials::is_fresh() const {
  if (!proof_) return false;
  if (proof_->expires && clock_.now() + kBeforeExpiry >= *proof_->expires) return false;
  return access_.token_file.empty() || clock_.monotonic() - obtained_ < kTokenFileInterval;
}

Status Credentials::refresh(const std::stop_token& stop) {
  if (is_fresh()) return {};
  const Duration now = clock_.monotonic();
  if (failure_ && now - obtained_ < kAfterFailure) return fail(*failure_);
  Result<Proof> proof = obtain(stop);
  if (proof && proof->expires && *proof->expires <= clock_.now()) {
    proof = fail(ErrorCode::kUnauthenticated,
                 fmt::format("the credential plugin gave what expired at {}", format_time(*proof->expires)));
  }
  failure_.reset();
  obtained_ = now;
  if (proof) {
    proof_ = std::move(*proof);
    ++number_;
    return {};
  }
  // A token file that is being replaced may be missing for a moment: what was read before is good until refused.
  if (proof_ && !access_.plugin) return {};
  if (proof.error().code != ErrorCode::kCancelled) failure_ = proof.error();
  return fail(std::move(proof.error()));
}

Result<Proof> Credentials::obtain(const std::stop_token& stop) const {
  if (!access_.token_file.empty()) {
    Result<std::string> token = read_token(access_.token_file);
    if (token) return Proof{.token = std::move(*token)};
    if (!access_.token.empty()) return Proof{.token = access_.token};
    return fail(std::move(token.error()));
  }
  if (access_.plugin && access_.token.empty() && access_.username.empty()) {
    return ask_plugin(access_, environment_, clock_, stop);
  }
  return Proof{.token = access_.token};
}

}  // namespace capstan::kubernetes
