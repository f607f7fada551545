// Takes the steps of a diagnosis over a picture, and says what is wrong first.
#pragma once

#include <string>
#include <vector>

#include "catalog/picture.h"
#include "detect/picture_rules.h"
#include "diagnose/diagnosis_file.h"
#include "diagnose/report.h"
#include "diagnose/scope.h"
#include "diagnose/testimony.h"
#include "model/manual.h"

namespace capstan::diagnose {

// Not thread-safe; lives no longer than what it is made of. The picture stays as it is.
class Diagnoser {
 public:
  Diagnoser(catalog::Picture& picture, detect::PictureRules& rules, const Manual& manual, const DiagnosisBook& book)
      : picture_(picture), rules_(rules), manual_(manual), book_(book) {}

  // Whose logs the steps want to read, at most a few.
  std::vector<LogRequest> logs_wanted(const Scope& scope);
  Report diagnose(const Scope& scope, const Testimony& testimony);

 private:
  StepReport take(const Step& step, const std::vector<ResourceId>& ids, const Testimony& testimony, Report& report);
  // What one check finds.
  Result<std::vector<Saying>> ask_check(const Check& check, const std::vector<ResourceId>& ids);
  Saying make_saying(const Check& check, const ResourceId& resource, std::vector<std::string> columns,
                     std::vector<SqlValue> row);
  void look_up(const Check& check, const std::vector<std::string>& columns, const std::vector<SqlValue>& row,
               Saying& saying);
  void add_evidence(const Testimony& testimony, Saying& saying);
  // What is known to be wrong and belongs to no step.
  StepReport known_otherwise(const std::vector<ResourceId>& ids, const Testimony& testimony);
  ResourceId workload_of(const ResourceId& id);

  catalog::Picture& picture_;
  detect::PictureRules& rules_;
  const Manual& manual_;
  const DiagnosisBook& book_;
};

}  // namespace capstan::diagnose
