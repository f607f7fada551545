#include "foresee/admission.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::foresee {
namespace {

constexpr std::string_view kApiVersion = "admission.k8s.io/v1";
// The API server cuts warnings that are longer in all than 4,096 bytes and recommends 120 characters for each.
constexpr size_t kLongestWarning = 256;
constexpr size_t kMostWarnings = 12;
constexpr size_t kLongestMessage = 2'000;

enum class Weight { kNothing, kWarning, kDenial };

Weight weigh(const Finding& finding, const AdmissionPolicy& policy) {
  if (policy.ignore.contains(finding.rule)) return Weight::kNothing;
  if (policy.deny.contains(finding.rule)) return Weight::kDenial;
  if (policy.warn.contains(finding.rule)) return Weight::kWarning;
  if (policy.deny_from && finding.severity >= *policy.deny_from) return Weight::kDenial;
  return finding.severity >= policy.warn_from ? Weight::kWarning : Weight::kNothing;
}

// Not in the middle of a character of UTF-8.
std::string cut(std::string text, size_t longest) {
  if (text.size() <= longest) return text;
  size_t end = longest - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

std::string sentence(const Finding& finding) { return fmt::format("{}: {}", finding.rule, finding.says); }

}  // namespace

Result<AdmissionRequest> read_admission_review(const Json& review) {
  const auto expected = [](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("expected an AdmissionReview of {}: {}", kApiVersion, what));
  };
  if (review["apiVersion"].string_or_empty() != kApiVersion) return expected("'apiVersion' is another");
  const Json& asked = review["request"];
  if (!asked.is_object()) return expected("'request' is missing");
  AdmissionRequest request;
  request.uid = asked["uid"].string_or_empty();
  if (request.uid.empty()) return expected("'request.uid' is missing");
  request.user = asked["userInfo"]["username"].string_or_empty();
  request.space = asked["namespace"].string_or_empty();
  request.group = asked["kind"]["group"].string_or_empty();
  request.kind = asked["kind"]["kind"].string_or_empty();
  request.is_dry_run = asked["dryRun"] == Json(true);
  const std::string& operation = asked["operation"].string_or_empty();
  if (!asked["subResource"].string_or_empty().empty() || operation == "CONNECT") {
    request.is_change = false;
    return request;
  }
  const bool is_gone = operation == "DELETE";
  if (!is_gone && operation != "CREATE" && operation != "UPDATE") return expected("'request.operation' is another");
  Json object = asked[is_gone ? "oldObject" : "object"];
  if (!object.is_object()) return expected(is_gone ? "'request.oldObject' is missing" : "'request.object' is missing");
  if (!object["metadata"].is_object()) return expected("the object has no 'metadata'");
  if (object["metadata"]["name"].string_or_empty().empty()) {
    Json metadata = object["metadata"];
    metadata.set("name", metadata["generateName"].string_or_empty() + "…");  // The API server will name it.
    object.set("metadata", std::move(metadata));
  }
  if (is_gone) object.set("$patch", "delete");
  request.document = {.object = std::move(object), .where = {}};
  return request;
}

AdmissionVerdict judge(const CheckReport& report, const AdmissionPolicy& policy) {
  AdmissionVerdict verdict;
  size_t unsaid = 0;
  for (const Finding& finding : report.broken) {
    const Weight weight = weigh(finding, policy);
    if (weight == Weight::kNothing) continue;
    if (weight == Weight::kDenial) {
      verdict.allowed = false;
      verdict.rules.push_back(finding.rule);
      verdict.message += (verdict.message.empty() ? "" : "; ") + sentence(finding);
      if (!finding.remedy.empty()) verdict.message += " (" + finding.remedy.text + ")";
    } else if (verdict.warnings.size() < kMostWarnings) {
      verdict.warnings.push_back(cut(sentence(finding), kLongestWarning));
    } else {
      ++unsaid;
    }
  }
  if (unsaid > 0) verdict.warnings.push_back(fmt::format("and {} more: capstan check says all of it", unsaid));
  verdict.message = cut(std::move(verdict.message), kLongestMessage);
  return verdict;
}

Json to_admission_review(const std::string& uid, const AdmissionVerdict& verdict) {
  Json response = Json::object({{"uid", uid}, {"allowed", verdict.allowed}});
  if (!verdict.allowed) {
    response.set("status", Json::object({{"code", 403}, {"reason", "Forbidden"}, {"message", verdict.message}}));
  }
  if (!verdict.warnings.empty()) {
    Json warnings = Json::array();
    for (const std::string& warning : verdict.warnings) warnings.push_back(warning);
    response.set("warnings", std::move(warnings));
  }
  return Json::object(
      {{"apiVersion", std::string(kApiVersion)}, {"kind", "AdmissionReview"}, {"response", std::move(response)}});
}

}  // namespace capstan::foresee
