// A list that a service gives in pages, read to its end.
#pragma once

#include <functional>

#include "connect/rest/exchange.h"

namespace capstan::rest {

// Asks for one page; any status is an answer.
using AskPage = std::function<Result<ServiceAnswer>(const Json& request)>;

// What to read: a request, how its pages go on, and where in the body of each its items lie.
struct PagedList {
  Json request;
  const Paging& paging;
  std::string items;
};

// The last page's answer, its body the items of all pages. An answer that is no success is given as it is.
//
// Half a list must never pass for a whole one. kCorrupt: there is no list where items should be, the same page comes
// again, a cursor or link leads in a circle or to another server, or the list became shorter while it was read, so that
// something was passed over; asking again may help. kResourceExhausted: more items or bytes than can be kept.
Result<ServiceAnswer> read_pages(const PagedList& list, const Endpoint& endpoint, const AskPage& ask);

}  // namespace capstan::rest
