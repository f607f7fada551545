#include "loop/mute_list.h"

#include <algorithm>
#include <optional>

namespace capstan::loop {

ObjectPlace place_of(const std::vector<KindSpec>& kinds, std::string_view resource) {
  const std::string_view kind = resource.substr(0, resource.find('/'));
  const auto spec = std::ranges::find(kinds, kind, &KindSpec::name);
  return spec == kinds.end() ? ObjectPlace() : object_place(*spec, resource);
}

Result<MuteList> MuteList::read(const catalog::CatalogReader& catalog, Time now) {
  std::vector<Mute> mutes;
  for (catalog::KnownMute& known : TRY(catalog.mutes(now))) mutes.push_back(std::move(known.mute));
  return MuteList(std::move(mutes), catalog.kinds());
}

const Mute* MuteList::of(std::string_view finding, std::string_view rule, std::string_view resource) const {
  std::optional<ObjectPlace> place;  // Looked for only where a mute asks for it.
  for (const Mute& mute : mutes_) {
    if (!mute.names(finding, rule, resource)) continue;
    if (!mute.needs_place()) return &mute;
    if (!place) place = place_of(kinds_, resource);
    if (mute.lies_at(*place)) return &mute;
  }
  return nullptr;
}

std::vector<Finding> MuteList::heard(std::vector<Finding> findings) const {
  if (empty()) return findings;
  std::erase_if(findings, [&](const Finding& one) { return of(one.id, one.rule, one.resource) != nullptr; });
  return findings;
}

}  // namespace capstan::loop
