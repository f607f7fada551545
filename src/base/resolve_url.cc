#include "base/resolve_url.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace capstan {
namespace {

struct Close {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part(CURLU* url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, which, &text, flags) != CURLUE_OK || !text) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

std::string resolve_url(std::string_view base, std::string_view reference) {
  const std::unique_ptr<CURLU, Close> url(curl_url());
  const auto set = [&](std::string_view text) {
    return curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), 0) == CURLUE_OK;
  };
  if (!set(base) || (!reference.empty() && !set(reference))) return {};
  const std::string scheme = part(url.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return {};
  std::string host = part(url.get(), CURLUPART_HOST);
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  curl_url_set(url.get(), CURLUPART_HOST, host.c_str(), 0);
  return part(url.get(), CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
}

}  // namespace capstan
