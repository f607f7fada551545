#include "diagnose/diagnosis_shelf.h"

#include <algorithm>

namespace capstan::diagnose {
namespace {

std::vector<Error> all_problems(const ReadDiagnosis& read, const std::vector<KindSpec>& kinds) {
  std::vector<Error> problems = read.problems;
  std::ranges::move(check_sql(read.book, kinds), std::back_inserter(problems));
  return problems;
}

}  // namespace

std::vector<Error> DiagnosisShelf::load(const std::vector<DiagnosisText>& files, const std::vector<KindSpec>& kinds) {
  const std::lock_guard loading(loading_);
  ReadDiagnosis read = read_diagnosis(files, kinds);
  std::vector<Error> problems = all_problems(read, kinds);
  const auto is_wrong = [&](const DiagnosisText& file) {
    return std::ranges::any_of(problems, [&](const Error& problem) { return problem.where.file == file.path; });
  };
  std::vector<DiagnosisText> in_force;
  for (const DiagnosisText& file : files) {
    if (!is_wrong(file)) {
      in_force.push_back(file);
    } else if (const auto known = good_.find(file.path); known != good_.end()) {
      in_force.push_back({file.path, known->second});
    }
  }
  if (!problems.empty()) read = read_diagnosis(in_force, kinds);
  good_.clear();
  for (DiagnosisText& file : in_force) good_[file.path] = std::move(file.text);
  auto book = std::make_shared<const DiagnosisBook>(std::move(read.book));
  const std::lock_guard lock(mutex_);
  book_ = std::move(book);
  return problems;
}

std::shared_ptr<const DiagnosisBook> DiagnosisShelf::book() const {
  const std::lock_guard lock(mutex_);
  return book_;
}

}  // namespace capstan::diagnose
