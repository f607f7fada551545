#include "manual/manual_shelf.h"

#include <algorithm>

namespace capstan::manual {

std::vector<Error> ManualShelf::load(const std::vector<ManualText>& files) {
  const std::lock_guard loading(loading_);
  std::vector<std::string> order;
  bool is_new = false;
  for (const ManualText& file : files) {
    order.push_back(file.path);
    const auto [known, inserted] = known_.try_emplace(file.path);
    if (!inserted && known->second.text == file.text) continue;
    ReadManuals read = read_manuals(file.text, file.path);
    known->second.text = file.text;
    known->second.problems = std::move(read.problems);
    if (!known->second.problems.empty()) continue;
    known->second.good = std::move(read.manuals);
    is_new = true;
  }
  std::erase_if(known_, [&](const auto& known) { return std::ranges::find(order, known.first) == order.end(); });
  std::vector<Error> problems;
  for (const std::string& path : order) {
    problems.insert(problems.end(), known_[path].problems.begin(), known_[path].problems.end());
  }
  if (!is_new && order == order_) return problems;
  std::vector<ManualFile> all;
  for (const std::string& path : order) all.insert(all.end(), known_[path].good.begin(), known_[path].good.end());
  auto book = ManualBook::create(std::move(all));
  if (!book) {
    problems.push_back(book.error());
    return problems;
  }
  order_ = std::move(order);
  const std::lock_guard lock(mutex_);
  book_ = *std::move(book);
  return problems;
}

std::shared_ptr<const ManualBook> ManualShelf::book() const {
  const std::lock_guard lock(mutex_);
  return book_;
}

std::vector<ManualEntry> ManualShelf::look_up(std::string_view text, std::string_view product, size_t most) const {
  const auto now = book();
  return now ? now->look_up(text, product, most) : std::vector<ManualEntry>();
}

size_t ManualShelf::size() const {
  const auto now = book();
  return now ? now->size() : 0;
}

std::vector<std::string> ManualShelf::products() const {
  const auto now = book();
  return now ? now->products() : std::vector<std::string>();
}

}  // namespace capstan::manual
