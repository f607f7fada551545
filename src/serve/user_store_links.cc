// Which chat accounts act as which users, beside those that the settings declare.
#include <fmt/format.h>

#include "serve/user_store.h"

namespace capstan::serve {

namespace {
constexpr size_t kMostLinks = 10'000;
}

std::vector<ChatLink> UserStore::links() const {
  std::lock_guard lock(mutex_);
  std::vector<ChatLink> links;
  for (const auto& [account, link] : links_) links.push_back(link);
  return links;
}

std::string UserStore::linked_user(std::string_view account) const {
  std::lock_guard lock(mutex_);
  const auto found = links_.find(account);
  return found == links_.end() ? "" : found->second.user;
}

Result<ChatLink> UserStore::link(std::string_view account, std::string_view user) {
  const ChatLink link{std::string(account), std::string(user), clock_.now()};
  std::lock_guard lock(mutex_);
  if (!users_.contains(user)) return fail(ErrorCode::kNotFound, fmt::format("no user '{}'", user));
  if (links_.size() >= kMostLinks && !links_.contains(account))
    return fail(ErrorCode::kResourceExhausted, fmt::format("there are {} links, the most there can be", kMostLinks));
  TRY(database_.insert(link));
  links_.insert_or_assign(link.account, link);
  return link;
}

Status UserStore::unlink(std::string_view account) {
  std::lock_guard lock(mutex_);
  const auto found = links_.find(account);
  if (found == links_.end()) return fail(ErrorCode::kNotFound, fmt::format("{} is not linked", account));
  TRY(database_.delete_link(account));
  links_.erase(found);
  return {};
}

}  // namespace capstan::serve
