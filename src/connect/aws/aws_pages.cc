// Operations that answer in pages, and those that are asked until a state is reached.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "connect/aws/prepared_call.h"

namespace capstan::aws {
namespace {

constexpr size_t kMostPages = 10'000;

// Puts a page's value where the results of all pages gather: lists grow, numbers add up, else the first stays.
Status gather(const PathExpression& path, const Json& page, Json& all) {
  const Json value = path.evaluate(page);
  const std::vector<std::string> names = path.plain_names();
  if (names.empty())
    return fail(ErrorCode::kUnimplemented, fmt::format("'{}' names no place for results", path.text()));
  if (value.is_null()) return {};
  Json* place = &all;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!place->contains(names[i])) place->set(names[i], i + 1 < names.size() ? Json::object() : Json());
    place = &place->mutable_members().find(names[i])->second;
  }
  if (place->is_null()) {
    *place = value;
  } else if (place->is_array() && value.is_array()) {
    place->mutable_items().insert(place->mutable_items().end(), value.items().begin(), value.items().end());
  } else if (place->is_int() && value.is_int()) {
    *place = place->int_or(0) + value.int_or(0);
  }
  return {};
}

size_t count_items(const Paginator& paginator, const Json& page) {
  size_t items = 0;
  for (const PathExpression& path : paginator.results) items += path.evaluate(page).items().size();
  return items;
}

// The tokens by which the next page is asked for; empty after the last one.
Json::Object next_tokens(const Paginator& paginator, const Json& page) {
  if (paginator.more && !is_truthy(paginator.more->evaluate(page))) return {};
  Json::Object tokens;
  for (size_t i = 0; i < paginator.input_tokens.size(); ++i) {
    Json token = paginator.output_tokens[i].evaluate(page);
    if (is_truthy(token)) tokens.insert_or_assign(paginator.input_tokens[i], std::move(token));
  }
  return tokens;
}

bool is_expected(const Json& found, const Json& expected) {
  return found.is_number() && expected.is_number() ? found.number_or(0) == expected.number_or(1) : found == expected;
}

bool matches(const Acceptor& acceptor, const ServiceAnswer& answer) {
  const std::optional<Refusal>& refusal = answer.refusal;
  if (acceptor.matcher == MatcherKind::kStatus) return acceptor.expected == Json(answer.status);
  if (acceptor.matcher == MatcherKind::kError) {
    if (acceptor.expected.is_bool()) return acceptor.expected.bool_or(false) == refusal.has_value();
    return refusal && acceptor.expected.string_or_empty() == refusal->code;
  }
  if (refusal) return false;
  const Json found = acceptor.path->evaluate(answer.output);
  if (acceptor.matcher == MatcherKind::kPath) return is_expected(found, acceptor.expected);
  const auto fits = [&](const Json& item) { return is_expected(item, acceptor.expected); };
  if (acceptor.matcher == MatcherKind::kPathAny) return std::ranges::any_of(found.items(), fits);
  return !found.items().empty() && std::ranges::all_of(found.items(), fits);
}

const Acceptor* first_match(const Waiter& waiter, const ServiceAnswer& answer) {
  const auto found = std::ranges::find_if(waiter.acceptors, [&](const Acceptor& a) { return matches(a, answer); });
  return found == waiter.acceptors.end() ? nullptr : &*found;
}

}  // namespace

Result<Json> AwsClient::call_all(std::string_view service, std::string_view operation, Json input,
                                 const PageOptions& pages, const CallOptions& options, const std::stop_token& stop) {
  CallAnswer answer = TRY(ask_all(service, operation, std::move(input), pages, options, stop));
  if (answer.answer.refusal) return fail(error_of(fmt::format("{} {}", service, operation), answer));
  return std::move(answer.answer.output);
}

Result<CallAnswer> AwsClient::ask_all(std::string_view service, std::string_view operation, Json input,
                                      const PageOptions& pages, const CallOptions& options,
                                      const std::stop_token& stop) {
  const auto model = TRY(models_.service(service));
  (void)TRY(model->operation(operation));  // Its name first: what has no pages may not be there at all.
  const auto found = model->paginators.find(operation);
  if (found == model->paginators.end()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} {} does not answer in pages", service, operation));
  }
  const Paginator& paginator = found->second;
  const auto refuse = [&](ErrorCode code, std::string_view what) {
    return fail(code, fmt::format("{} {}: {}", service, operation, what));
  };
  Json all = Json::object();
  std::set<std::string> seen;
  size_t items = 0;
  while (true) {
    CallAnswer page = TRY(ask(service, operation, input, options, stop));
    if (page.answer.refusal) return page;
    const Json& output = page.answer.output;
    items += count_items(paginator, output);
    if (items > pages.most_items)
      return refuse(ErrorCode::kResourceExhausted, fmt::format("more than {} items", pages.most_items));
    for (const PathExpression& path : paginator.results) TRY(gather(path, output, all));
    for (const PathExpression& path : paginator.kept) {
      if (seen.empty()) TRY(gather(path, output, all));
    }
    const bool goes_on = !pages.on_page || pages.on_page(output);
    const Json::Object next = goes_on ? next_tokens(paginator, output) : Json::Object();
    if (next.empty()) {
      page.answer.output = std::move(all);
      return page;
    }
    if (!seen.insert(Json(next).dump()).second)
      return refuse(ErrorCode::kCorrupt, "the pages lead in a circle: one that was read is named as the next");
    if (seen.size() >= kMostPages)
      return refuse(ErrorCode::kResourceExhausted, fmt::format("more than {} pages", kMostPages));
    for (const std::string& name : paginator.input_tokens) {
      const auto token = next.find(name);
      input.set(name, token == next.end() ? Json() : token->second);
    }
  }
}

Result<Json> AwsClient::wait(std::string_view service, std::string_view waiter_name, const Json& input,
                             const CallOptions& options, const std::stop_token& stop) {
  const auto model = TRY(models_.service(service));
  const Waiter& waiter = *TRY(model->waiter(waiter_name));
  for (int attempt = 1;; ++attempt) {
    const CallAnswer answer = TRY(ask(service, waiter.operation, input, options, stop));
    const Acceptor* match = first_match(waiter, answer.answer);
    if (match != nullptr && match->state == WaiterState::kSuccess) return answer.answer.output;
    if (match == nullptr && answer.answer.refusal) {
      const Refusal& refusal = *answer.answer.refusal;
      return fail(error_code_of(refusal),
                  fmt::format("waiting for {} {}: {}: {}", service, waiter_name, refusal.code, refusal.message));
    }
    if (match != nullptr && match->state == WaiterState::kFailure) {
      return fail(ErrorCode::kFailedPrecondition,
                  fmt::format("waiting for {} {}: it can no longer come: {} is {}", service, waiter_name,
                              match->path ? match->path->text() : "the answer", match->expected.dump()));
    }
    if (attempt >= waiter.most_attempts) {
      return fail(ErrorCode::kDeadlineExceeded, fmt::format("waiting for {} {}: not within {} s", service, waiter_name,
                                                            waiter.delay_s * (waiter.most_attempts - 1)));
    }
    TRY(world_.pause(Duration(waiter.delay_s * 1000LL), stop));
  }
}

}  // namespace capstan::aws
