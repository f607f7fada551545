#include "loop/verdict_merge.h"

#include <algorithm>
#include <iterator>

namespace capstan::loop {
namespace {

bool is_among(const std::vector<ResourceId>& changed, const decide::Verdict& verdict) {
  return std::ranges::binary_search(changed, verdict.resource);
}

}  // namespace

decide::Situation::Rest beside(const decide::Decision& decision, const std::vector<ResourceId>& changed) {
  decide::Situation::Rest rest;
  for (const decide::Verdict& verdict : decision.verdicts) {
    if (is_among(changed, verdict)) continue;
    ++rest.selected;
    if (verdict.as_wanted) ++rest.as_wanted;
    if (!verdict.wanted.empty()) ++rest.wanted;
  }
  return rest;
}

void merge(decide::Decision& decision, const std::vector<ResourceId>& changed, decide::Decision decided) {
  std::vector<decide::Verdict> verdicts = std::move(decision.verdicts);
  std::erase_if(verdicts, [&](const decide::Verdict& verdict) { return is_among(changed, verdict); });
  const auto middle = static_cast<std::ptrdiff_t>(verdicts.size());
  std::ranges::move(decided.verdicts, std::back_inserter(verdicts));
  std::ranges::inplace_merge(verdicts, verdicts.begin() + middle, {}, &decide::Verdict::resource);
  decision = std::move(decided);
  decision.verdicts = std::move(verdicts);
}

}  // namespace capstan::loop
