// The mutes in force at a time, and which findings they cover.
#pragma once

#include <vector>

#include "catalog/catalog_reader.h"
#include "model/finding.h"
#include "model/mute.h"

namespace capstan::loop {

class MuteList {
 public:
  // `kinds` outlive it.
  MuteList(std::vector<Mute> mutes, const std::vector<KindSpec>& kinds) : mutes_(std::move(mutes)), kinds_(kinds) {}
  static Result<MuteList> read(const catalog::CatalogReader& catalog, Time now);

  bool empty() const { return mutes_.empty(); }
  // The first that covers a finding, nullptr for none.
  const Mute* of(std::string_view finding, std::string_view rule, std::string_view resource) const;
  // The findings that none covers.
  std::vector<Finding> heard(std::vector<Finding> findings) const;

 private:
  std::vector<Mute> mutes_;
  const std::vector<KindSpec>& kinds_;
};

// Where a resource lies; nowhere for one whose kind has no place.
ObjectPlace place_of(const std::vector<KindSpec>& kinds, std::string_view resource);

}  // namespace capstan::loop
