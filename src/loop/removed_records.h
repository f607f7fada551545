// Records that were taken out of their file while something still belongs to them: an account must not be forgotten
// while its cluster runs, and a file that is emptied by mistake must end nobody. They stay known, with the time since
// when they are in no file, until nothing has the form's relation to them any more (as finalizers hold an object of
// Kubernetes that has a deletion timestamp). Put back into a file, they are as if they had never been away.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "catalog/catalog_reader.h"
#include "loop/record_form.h"
#include "model/resource.h"

namespace capstan::loop {

inline constexpr std::string_view kRecordScope = "records";

// Owned by the loop's thread.
class RemovedRecords {
 public:
  void set_forms(const RecordForms& forms);

  // Whether it is time to look again at those that are kept.
  bool is_due(Time now) const;

  // Adds to what all files say, as of `seen.at`, what the catalog knows beyond it and what is not done with.
  Status add_to(Observation& seen, const catalog::CatalogReader& catalog);

 private:
  std::map<std::string, RecordForm::Removal> removals_;  // By kind.
  bool any_ = true;                                      // Nobody has looked yet.
  Time looked_;
};

}  // namespace capstan::loop
