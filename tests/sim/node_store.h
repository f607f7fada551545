// One node's way to the shared ledger, with all that goes wrong on it. The ledger itself is the one in memory of the
// ledger's own tests: an append of a lease that is over is refused, as PostgreSQL does it.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "ledger/fake_shared_store.h"

namespace capstan::sim {

// What a network does to one request.
enum class Way {
  kThrough,
  kCut,         // It does not arrive.
  kLostAnswer,  // It arrives, and the answer does not.
};

class NodeStore final : public ledger::SharedStore {
 public:
  struct Hooks {
    // Before each request; may take time, and may throw ProcessDied.
    std::function<Way(std::string_view what)> before;
    // After one that has arrived, before it is heard of; the same.
    std::function<void(std::string_view what)> after;
    // What has become durable.
    std::function<void(std::span<const ledger::KeptFact>)> written;
    // Whether it got the lead that it found free.
    std::function<void(bool got)> asked_for_lead;
    std::function<void(std::string_view how)> recovered;
  };
  NodeStore(ledger::FakeShared& shared, const Hooks& hooks) : shared_(shared), inner_(shared), hooks_(hooks) {}

  Result<ledger::Standing> standing() override {
    return ask("standing", [&] {
      if (doubt_ == Doubt::kArrived) {
        doubt_ = Doubt::kNone;
        hooks_.recovered("facts whose answer was lost are found in the shared ledger");
      }
      return inner_.standing();
    });
  }
  Result<std::optional<ledger::Tenure>> acquire(const ledger::Candidate& candidate, Duration length) override;
  Result<bool> renew(const ledger::Tenure& tenure, Duration length) override {
    return ask("renew", [&] { return inner_.renew(tenure, length); });
  }
  Status release(const ledger::Tenure& tenure) override {
    return ask("release", [&] { return inner_.release(tenure); });
  }
  Result<bool> append(const ledger::Tenure& tenure, const ledger::Head& before,
                      std::span<const ledger::KeptFact> facts) override;
  Result<std::vector<ledger::KeptFact>> read(Seq seq, size_t limit) override {
    return ask("read", [&] { return inner_.read(seq, limit); });
  }

 private:
  // What became of the newest append, where the node has not heard of it.
  enum class Doubt { kNone, kArrived, kDidNotArrive };
  template <class F>
  auto ask(std::string_view what, F&& request) -> decltype(request());

  ledger::FakeShared& shared_;
  ledger::FakeSharedStore inner_;
  const Hooks& hooks_;
  Doubt doubt_ = Doubt::kNone;
};

template <class F>
auto NodeStore::ask(std::string_view what, F&& request) -> decltype(request()) {
  const Way way = hooks_.before(what);
  if (way == Way::kCut) return fail(ErrorCode::kUnavailable, "the network is cut");
  auto answer = request();
  hooks_.after(what);
  if (way == Way::kLostAnswer) return fail(ErrorCode::kDeadlineExceeded, "no answer");
  return answer;
}

}  // namespace capstan::sim
