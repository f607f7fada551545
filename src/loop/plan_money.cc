#include "loop/plan_money.h"

#include "loop/money_desk.h"
#include "model/policy_subject.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostEnded = 100;
constexpr size_t kMostKept = 1'000;

}  // namespace

Json PlanMoney::priced(Json status, const std::optional<decide::Policy>& policy) const {
  if (money_ == nullptr) return status;
  Result<Json> priced = money_->with_money(status, policy);
  return priced ? *std::move(priced) : status;
}

Json PlanMoney::priced(Json status, const FindPolicy& policy) const {
  const std::string wanted_by(policy_of_subject(status["plan"]["origin"].string_or_empty()));
  std::optional<decide::Policy> wants;
  if (money_ != nullptr && !wanted_by.empty()) wants = policy(wanted_by);
  return priced(std::move(status), wants);
}

void PlanMoney::add_sums(Json& statuses, const FindPolicy& policy) const {
  if (money_ == nullptr) return;
  size_t ended = 0;
  for (Json& status : statuses.mutable_items()) {
    const bool has_ended = !status["finished"].is_null();
    if (has_ended && ++ended > kMostEnded) continue;
    const std::string id = status["plan"]["id"].string_or_empty();
    Json sums = has_ended ? ended_.read([&](const auto& known) {
      const auto found = known.find(id);
      return found == known.end() ? Json() : found->second;
    })
                          : Json();
    if (sums.is_null()) {
      sums = priced(status, policy)["money"];
      if (has_ended) {
        ended_.write([&](auto& known) {
          if (known.size() >= kMostKept) known.clear();
          known[id] = sums;
        });
      }
    }
    status.set("money", std::move(sums));
  }
}

}  // namespace capstan::loop
