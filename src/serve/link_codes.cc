#include "serve/link_codes.h"

#include <algorithm>

namespace capstan::serve {
namespace {

// Without I, O, 0 and 1.
constexpr std::string_view kLetters = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
constexpr size_t kLength = 8;
constexpr size_t kMostCodes = 1'000;

std::string normalized(std::string_view code) {
  std::string letters;
  for (char c : code) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c != '-' && c != ' ') letters += c;
  }
  return letters;
}

}  // namespace

std::string LinkCodes::make(std::string_view account) {
  const std::lock_guard lock(mutex_);
  forget();
  std::erase_if(codes_, [&](const auto& code) { return code.second.account == account; });
  if (codes_.size() >= kMostCodes) {
    codes_.erase(std::ranges::min_element(codes_, {}, [](const auto& code) { return code.second.until; }));
  }
  std::string code;
  do {
    code.clear();
    for (size_t i = 0; i < kLength; ++i) code += kLetters[random_.below(kLetters.size())];
  } while (!codes_.try_emplace(code, Made{std::string(account), clock_.monotonic() + kValid}).second);
  return code.insert(kLength / 2, "-");
}

Result<std::string> LinkCodes::redeem(std::string_view code) {
  const std::lock_guard lock(mutex_);
  forget();
  const auto found = codes_.find(normalized(code));
  if (found == codes_.end()) {
    return fail(ErrorCode::kNotFound,
                "there is no such code: it is good for ten minutes and for one time; /capstan link in Slack makes "
                "another");
  }
  std::string account = std::move(found->second.account);
  codes_.erase(found);
  return account;
}

void LinkCodes::forget() {
  const Duration now = clock_.monotonic();
  std::erase_if(codes_, [&](const auto& code) { return code.second.until <= now; });
}

}  // namespace capstan::serve
