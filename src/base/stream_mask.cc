#include "base/stream_mask.h"

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/json.h"
#include "base/mask_secrets.h"
#include "base/url.h"

namespace capstan {
namespace {

constexpr size_t kShortestLine = 8;

std::set<std::string> forms_of(const std::string& secret) {
  std::set<std::string> forms = {secret, percent_encode(secret)};
  std::string encoded = base64(secret);
  forms.insert(encoded);
  while (encoded.ends_with('=')) encoded.pop_back();
  forms.insert(encoded);
  const std::string quoted = Json(secret).dump();
  forms.insert(quoted.substr(1, quoted.size() - 2));
  for (size_t at = 0; secret.find('\n') != std::string::npos && at < secret.size();) {
    const size_t end = std::min(secret.find('\n', at), secret.size());
    if (end - at >= kShortestLine) forms.insert(secret.substr(at, end - at));
    at = end + 1;
  }
  return forms;
}

// Where the end of `text` begins that may be the beginning of the secret; the size of the text for nowhere.
size_t may_begin_at(std::string_view text, const std::string& secret) {
  size_t at = text.size() < secret.size() ? 0 : text.size() - secret.size() + 1;
  for (; (at = text.find(secret.front(), at)) != std::string_view::npos; ++at) {
    if (secret.starts_with(text.substr(at))) return at;
  }
  return text.size();
}

}  // namespace

StreamMask::StreamMask(const std::vector<std::string>& secrets) {
  std::set<std::string> all;
  for (const std::string& secret : secrets) {
    if (secret.size() >= kShortest) all.merge(forms_of(secret));
  }
  for (const std::string& form : all) {
    if (form.size() >= kShortest) secrets_.push_back(form);
  }
  std::ranges::stable_sort(secrets_, std::ranges::greater(), &std::string::size);
}

std::string StreamMask::take(std::string_view piece) {
  if (secrets_.empty()) return std::string(piece);
  if (held_.empty()) return mask(piece, false);
  const std::string text = std::exchange(held_, {}) + std::string(piece);
  return mask(text, false);
}

std::string StreamMask::finish() { return mask(std::exchange(held_, {}), true); }

std::string StreamMask::mask(std::string_view text, bool is_end) {
  size_t hold = text.size();
  for (const std::string& secret : secrets_) {
    if (!is_end) hold = std::min(hold, may_begin_at(text, secret));
  }
  // Where each secret comes next; looked for again only once that has been passed.
  std::vector<size_t> next(secrets_.size(), 0);
  std::vector<bool> looked(secrets_.size(), false);
  std::string said;
  size_t at = 0;
  while (at < hold) {
    size_t first = std::string_view::npos;
    size_t which = 0;
    for (size_t i = 0; i < secrets_.size(); ++i) {
      if (!looked[i] || next[i] < at) next[i] = text.find(secrets_[i], at);
      looked[i] = true;
      if (next[i] < first) {
        first = next[i];
        which = i;
      }
    }
    if (first >= hold) break;
    said += text.substr(at, first - at);
    said += kMask;
    at = first + secrets_[which].size();
  }
  if (at < hold) said += text.substr(at, hold - at);
  held_ = text.substr(std::max(at, hold));
  return said;
}

}  // namespace capstan
