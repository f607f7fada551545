#include "connect/rest/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connect/rest/link_header.h"

namespace capstan::rest {
namespace {

constexpr int kMostPages = 10'000;
constexpr size_t kMostItems = 200'000;
constexpr size_t kMostBytes = 256 << 20;

// Turns the pages of one list.
class Reader {
 public:
  Reader(const PagedList& list, const Endpoint& endpoint)
      : paging_(list.paging), place_(list.items), endpoint_(endpoint), request_(list.request) {
    query_ = request_["query"].is_object() ? request_["query"] : Json::object();
    if (!paging_.size.empty() && !query_.contains(paging_.size)) query_.set(paging_.size, paging_.per_page);
    number_ = paging_.by == Paging::By::kPage ? paging_.first : 0;
    turn_to_number();
  }

  Result<ServiceAnswer> read(const AskPage& ask) {
    const JsonPath where = TRY(JsonPath::parse(place_));
    for (int page = 0; page < kMostPages; ++page) {
      if (!query_.members().empty()) request_.set("query", query_);
      ServiceAnswer answer = TRY(ask(request_));
      if (!answer.ok()) return answer;
      const Json found = where.read(answer.body);
      TRY(take(found, answer));
      if (!TRY(turn(found, answer))) {
        answer.body = std::move(items_);
        return answer;
      }
    }
    return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} pages", kMostPages));
  }

 private:
  Status take(const Json& found, const ServiceAnswer& answer) {
    if (!found.is_array()) return fail(ErrorCode::kCorrupt, fmt::format("expected a list at {}, found none", place_));
    bytes_ += answer.text.size();
    if (items_.size() + found.items().size() > kMostItems || bytes_ > kMostBytes) {
      return fail(ErrorCode::kResourceExhausted,
                  fmt::format("a list of more than {} items or {} MiB", kMostItems, kMostBytes >> 20));
    }
    items_.insert(items_.end(), found.items().begin(), found.items().end());
    return {};
  }

  // Whether there is another page; it is what is asked for next then.
  Result<bool> turn(const Json& found, const ServiceAnswer& answer) {
    switch (paging_.by) {
      case Paging::By::kNone: return false;
      case Paging::By::kPage:
      case Paging::By::kOffset: return turn_by_number(found, answer.body);
      case Paging::By::kCursor: return turn_by_cursor(answer.body);
      case Paging::By::kLink: return turn_by_link(answer);
    }
    return false;
  }

  Result<bool> turn_by_number(const Json& found, const Json& body) {
    const int64_t total = paging_.total.empty() ? -1 : paging_.total.read(body).int_or(total_);
    // What has gone from an earlier page moves the rest up: one of them is now where we have already been.
    if (total < total_) return shorter();
    total_ = total;
    const auto count = static_cast<int64_t>(items_.size());
    if (found.items().empty()) {
      if (count < total_) return shorter();
      return false;
    }
    if (total_ >= 0 && count >= total_) return false;
    if (found == last_) {
      return fail(ErrorCode::kCorrupt,
                  fmt::format("the same page came twice; is '{}' how this list goes on?", paging_.parameter));
    }
    last_ = found;
    number_ += paging_.by == Paging::By::kPage ? 1 : static_cast<int64_t>(found.items().size());
    turn_to_number();
    return true;
  }

  void turn_to_number() {
    if (paging_.by == Paging::By::kPage || paging_.by == Paging::By::kOffset) query_.set(paging_.parameter, number_);
  }

  Result<bool> turn_by_cursor(const Json& body) {
    const Json next = paging_.next.read(body);
    if (next.is_null() || next == Json("") || next == Json(false)) return false;
    TRY(remember(next.dump()));
    query_.set(paging_.parameter, next);
    return true;
  }

  Result<bool> turn_by_link(const ServiceAnswer& answer) {
    const std::string next =
        TRY(next_link(answer.headers, paging_.parameter, endpoint_, request_["get"].string_or_empty()));
    if (next.empty()) return false;
    TRY(remember(next));
    request_.set("get", next);  // With a query of its own.
    request_.mutable_members().erase("query");
    query_ = Json::object();
    return true;
  }

  Status remember(const std::string& where) {
    if (seen_.insert(where).second) return {};
    return fail(ErrorCode::kCorrupt, "the pages lead in a circle: one that was read is named as the next");
  }

  std::unexpected<Error> shorter() const {
    return fail(ErrorCode::kCorrupt,
                fmt::format("the list became shorter while it was read, after {} items", items_.size()));
  }

  const Paging& paging_;
  const std::string& place_;
  const Endpoint& endpoint_;
  Json request_;
  Json query_;
  Json::Array items_;
  Json last_;  // The page before.
  size_t bytes_ = 0;
  int64_t number_ = 0;
  int64_t total_ = -1;
  std::set<std::string> seen_;
};

}  // namespace

Result<ServiceAnswer> read_pages(const PagedList& list, const Endpoint& endpoint, const AskPage& ask) {
  return Reader(list, endpoint).read(ask);
}

}  // namespace capstan::rest
