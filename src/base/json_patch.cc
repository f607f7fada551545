#include "base/json_patch.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace capstan {
namespace {

std::string name_of(size_t number, const Json& operation) {
  return fmt::format("operation {} ({} {})", number, operation["op"].string_or_empty(),
                     operation["path"].string_or_empty());
}

}  // namespace

Result<Json> json_patch(const Json& value, const Json& operations) {
  if (!operations.is_array()) {
    return fail(ErrorCode::kInvalidArgument, "a JSON patch must be a list of operations with 'op' and 'path'");
  }
  try {
    nlohmann::json changed = nlohmann::json::parse(value.dump());
    size_t number = 0;
    for (const Json& operation : operations.items()) {
      ++number;
      if (!operation["op"].is_string() || !operation["path"].is_string()) {
        return fail(ErrorCode::kInvalidArgument, fmt::format("operation {} needs 'op' and 'path'", number));
      }
      try {
        changed.patch_inplace(nlohmann::json::array({nlohmann::json::parse(operation.dump())}));
      } catch (const nlohmann::json::parse_error&) {
        return fail(ErrorCode::kInvalidArgument, name_of(number, operation) + " is no operation of a JSON patch");
      } catch (const nlohmann::json::other_error&) {
        return fail(ErrorCode::kFailedPrecondition, name_of(number, operation) + ": another value is there");
      } catch (const nlohmann::json::exception&) {
        return fail(ErrorCode::kFailedPrecondition, name_of(number, operation) + ": there is no such place");
      }
    }
    return Json::parse(changed.dump());
  } catch (const nlohmann::json::exception& e) {
    return fail(ErrorCode::kInternal, e.what());
  }
}

}  // namespace capstan
