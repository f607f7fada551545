#include "connect/aws/wire_request.h"

#include <fmt/format.h>
#include <strings.h>

#include "base/crypto.h"
#include "connect/aws/timestamps.h"

namespace capstan::aws {
namespace {

std::string_view header_of(const WireRequest& request, std::string_view name) {
  for (const auto& [known, value] : request.headers) {
    if (known.size() == name.size() && strncasecmp(known.data(), name.data(), name.size()) == 0) return value;
  }
  return {};
}

// "{AccountId}." with the values of the input: they become part of a host name.
Result<std::string> expand_host_prefix(const Operation& operation, const Json& input) {
  std::string prefix;
  std::string_view rest = operation.host_prefix;
  while (!rest.empty()) {
    const size_t open = rest.find('{');
    const size_t close = rest.find('}');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) break;
    const std::string_view name = rest.substr(open + 1, close - open - 1);
    const std::string& value = input[name].string_or_empty();
    constexpr std::string_view kHostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    if (value.empty() || value.size() > 63 || value.find_first_not_of(kHostCharacters) != std::string::npos) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("input.{}: expected letters, digits and '-': it becomes part of a host name", name));
    }
    prefix += std::string(rest.substr(0, open)) + value;
    rest.remove_prefix(close + 1);
  }
  return prefix + std::string(rest);
}

void write_json_request(const ServiceModel& model, const Operation& operation, const Json& input,
                        WireRequest& request) {
  request.headers.emplace_back("Content-Type",
                               "application/x-amz-json-" + (model.json_version.empty() ? "1.0" : model.json_version));
  request.headers.emplace_back("X-Amz-Target", model.target_prefix + "." + operation.name);
  request.body = operation.input.shape == nullptr ? "{}" : write_json_body(*operation.input.shape, input).dump();
}

// Those that the operation demands, or that the input names an algorithm for.
Status add_checksum(const Operation& operation, WireRequest& request) {
  const std::string_view algorithm = header_of(request, "x-amz-sdk-checksum-algorithm");
  if (algorithm == "SHA256") {
    const Sha256 digest = sha256(request.body);
    const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
    if (header_of(request, "x-amz-checksum-sha256").empty()) {
      request.headers.emplace_back("x-amz-checksum-sha256", base64(bytes));
    }
  } else if (!algorithm.empty()) {
    return fail(ErrorCode::kUnimplemented, "input.ChecksumAlgorithm: only SHA256 is computed here");
  } else if (operation.checksum_required && header_of(request, "Content-MD5").empty() && !request.body.empty()) {
    request.headers.emplace_back("Content-MD5", base64(md5(request.body)));
  }
  return {};
}

}  // namespace

std::string scalar_text(const Member& member, const Json& value, TimestampFormat otherwise) {
  switch (member.shape->type) {
    case ShapeType::kBoolean: return value.bool_or(false) ? "true" : "false";
    case ShapeType::kInteger: return std::to_string(value.int_or(0));
    case ShapeType::kFloat: return value.dump();
    case ShapeType::kTimestamp: {
      const TimestampFormat format =
          member.timestamp_format == TimestampFormat::kOfProtocol ? otherwise : member.timestamp_format;
      const Result<Time> time = read_timestamp(value);
      const Json text = time ? write_timestamp(*time, format) : Json();
      return text.is_string() ? text.string_or_empty() : text.dump();
    }
    default: return value.string_or_empty();
  }
}

Result<WireRequest> write_request(const ServiceModel& model, const Operation& operation, const Json& input) {
  WireRequest request;
  request.method = operation.method;
  request.path = "/";
  request.host_prefix = TRY(expand_host_prefix(operation, input));
  switch (model.protocol) {
    case Protocol::kQuery:
    case Protocol::kEc2: write_query_body(model, operation, input, request); break;
    case Protocol::kRestXml:
    case Protocol::kRestJson: TRY(write_rest_parts(model, operation, input, request)); break;
    case Protocol::kJson: write_json_request(model, operation, input, request); break;
  }
  TRY(add_checksum(operation, request));
  return request;
}

}  // namespace capstan::aws
