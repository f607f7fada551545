#include "traffic/traffic_shelf.h"

#include <algorithm>

namespace capstan::traffic {

std::vector<Error> TrafficShelf::load(const std::vector<TrafficText>& files, const std::vector<KindSpec>& kinds,
                                      const SqlSource* sql) {
  const std::lock_guard loading(loading_);
  ReadTraffic read = read_traffic(files, kinds, sql);
  std::vector<Error> problems = read.problems;
  std::vector<TrafficText> in_force;
  for (const TrafficText& file : files) {
    const bool is_wrong =
        std::ranges::any_of(problems, [&](const Error& problem) { return problem.where.file == file.path; });
    if (!is_wrong) {
      in_force.push_back(file);
    } else if (const auto known = good_.find(file.path); known != good_.end()) {
      in_force.push_back({file.path, known->second});
    }
  }
  if (!problems.empty()) read = read_traffic(in_force, kinds, sql);
  good_.clear();
  for (TrafficText& file : in_force) good_[file.path] = std::move(file.text);
  auto book = std::make_shared<const TrafficBook>(std::move(read.book));
  const std::lock_guard lock(mutex_);
  book_ = std::move(book);
  return problems;
}

std::shared_ptr<const TrafficBook> TrafficShelf::book() const {
  const std::lock_guard lock(mutex_);
  return book_;
}

}  // namespace capstan::traffic
