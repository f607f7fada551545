#include "explain/consult.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::explain {
namespace {

constexpr size_t kMostEntries = 2;

}  // namespace

Finding consult(Finding finding, const Manual& manual) {
  const bool is_known = std::ranges::any_of(
      finding.evidence, [](const Evidence& piece) { return piece.text.text.starts_with(kManualSays); });
  if (is_known) return finding;
  std::string text = finding.says.text;
  for (const Evidence& piece : finding.evidence) {
    for (const std::string& line : piece.lines) text += "\n" + line;
  }
  for (const ManualEntry& entry : manual.look_up(text, "", kMostEntries)) {
    if (finding.remedy.empty()) finding.remedy = fmt::format("{}", fmt::join(entry.remedies, "; "));
    finding.evidence.push_back(evidence_of(entry));
  }
  return finding;
}

}  // namespace capstan::explain
