#include "connect/aws/signer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/crypto.h"
#include "base/trim.h"
#include "connect/aws/timestamps.h"

namespace capstan::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";

std::string_view bytes_of(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string canonical_query(const QueryParameters& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(percent_encode(name), percent_encode(value));
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

// Every service but S3 encodes the path that is sent once more, without empty and "." segments.
std::string canonical_path(std::string_view path, bool s3) {
  if (s3) return std::string(path);
  std::vector<std::string> segments;
  const bool slash = path.ends_with('/');
  while (!path.empty()) {
    const size_t end = path.find('/');
    const std::string_view segment = path.substr(0, end);
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(percent_encode(segment));
    }
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  std::string text;
  for (const std::string& segment : segments) text += "/" + segment;
  return text.empty() ? "/" : text + (slash ? "/" : "");
}

// Runs of blanks count as one.
std::string canonical_value(std::string_view value) {
  std::string text;
  for (const char c : trim(value)) {
    if (c != ' ' || !text.ends_with(' ')) text += c;
  }
  return text;
}

struct CanonicalHeaders {
  std::string lines;
  std::string names;  // "host;x-amz-date"
};

CanonicalHeaders canonical_headers(const HttpHeaders& headers, const std::string& host) {
  std::vector<std::pair<std::string, std::string>> sorted = {{"host", host}};
  for (const auto& [name, value] : headers) sorted.emplace_back(lower_case(name), canonical_value(value));
  std::ranges::stable_sort(sorted, {}, &std::pair<std::string, std::string>::first);
  CanonicalHeaders canonical;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const auto& [name, value] = sorted[i];
    if (i > 0 && sorted[i - 1].first == name) {
      canonical.lines.back() = ',';  // Values of one name are one line.
      canonical.lines += value;
    } else {
      canonical.lines += fmt::format("{}:{}", name, value);
      canonical.names += (i == 0 ? "" : ";") + name;
    }
    canonical.lines += '\n';
  }
  return canonical;
}

struct Stamp {
  std::string time;        // "20150830T123600Z"
  std::string credential;  // "20150830/us-east-1/iam/aws4_request"
};

Stamp stamp_of(Time now, const SigningScope& scope) {
  std::string time = iso8601_basic(now);
  std::string credential = fmt::format("{}/{}/{}/aws4_request", time.substr(0, 8), scope.region, scope.service);
  return {std::move(time), std::move(credential)};
}

std::string signature(const std::string& canonical_request, const Stamp& stamp, const SigningScope& scope,
                      const Credentials& credentials) {
  const Sha256 day = hmac_sha256("AWS4" + credentials.secret_access_key.reveal(), stamp.time.substr(0, 8));
  const Sha256 region = hmac_sha256(bytes_of(day), scope.region);
  const Sha256 service = hmac_sha256(bytes_of(region), scope.service);
  const Sha256 key = hmac_sha256(bytes_of(service), "aws4_request");
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, stamp.time, stamp.credential, hex(sha256(canonical_request)));
  return hex(hmac_sha256(bytes_of(key), text));
}

}  // namespace

std::string url_of(const WireRequest& request, const RequestAddress& address) {
  const std::string query = canonical_query(request.query);
  return address.scheme + "://" + address.host + address.base_path + request.path + (query.empty() ? "" : "?" + query);
}

void sign(WireRequest& request, const RequestAddress& address, const SigningScope& scope,
          const Credentials& credentials, Time now) {
  const Stamp stamp = stamp_of(now, scope);
  const std::string hash = scope.unsigned_payload ? std::string(kUnsigned) : hex(sha256(request.body));
  request.headers.emplace_back("X-Amz-Date", stamp.time);
  if (scope.s3 || scope.unsigned_payload) request.headers.emplace_back("X-Amz-Content-SHA256", hash);
  if (!credentials.session_token.empty()) {
    request.headers.emplace_back("X-Amz-Security-Token", credentials.session_token.reveal());
  }
  const CanonicalHeaders headers = canonical_headers(request.headers, address.host);
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(address.base_path + request.path, scope.s3),
                  canonical_query(request.query), headers.lines, headers.names, hash);
  request.headers.emplace_back(
      "Authorization",
      fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, credentials.access_key_id,
                  stamp.credential, headers.names, signature(canonical, stamp, scope, credentials)));
}

std::string presign(const WireRequest& request, const RequestAddress& address, const SigningScope& scope,
                    const Credentials& credentials, Time now, int expires_s) {
  const Stamp stamp = stamp_of(now, scope);
  const CanonicalHeaders headers = canonical_headers(request.headers, address.host);
  WireRequest signed_request = request;
  QueryParameters& query = signed_request.query;
  query.emplace_back("X-Amz-Algorithm", kAlgorithm);
  query.emplace_back("X-Amz-Credential", credentials.access_key_id + "/" + stamp.credential);
  query.emplace_back("X-Amz-Date", stamp.time);
  query.emplace_back("X-Amz-Expires", std::to_string(expires_s));
  query.emplace_back("X-Amz-SignedHeaders", headers.names);
  if (!credentials.session_token.empty()) {
    query.emplace_back("X-Amz-Security-Token", credentials.session_token.reveal());
  }
  const std::string hash = scope.s3 ? std::string(kUnsigned) : hex(sha256(request.body));
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(address.base_path + request.path, scope.s3),
                  canonical_query(query), headers.lines, headers.names, hash);
  query.emplace_back("X-Amz-Signature", signature(canonical, stamp, scope, credentials));
  return url_of(signed_request, address);
}

}  // namespace capstan::aws
