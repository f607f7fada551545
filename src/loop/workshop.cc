#include "loop/workshop.h"

#include <utility>

#include "base/log.h"

namespace capstan::loop {
namespace {

// Counted before it is asked whether it may: who finds nobody under way finds nobody who will be.
class Working {
 public:
  explicit Working(std::atomic<int>& all) : count_(all) { ++count_; }
  ~Working() { --count_; }
  Working(const Working&) = delete;
  Working& operator=(const Working&) = delete;

 private:
  std::atomic<int>& count_;
};

}  // namespace

bool Workshop::try_run(act::Work work) {
  return parts_.workers.try_run([this, work = std::move(work)] {
    const Working working(under_way_);
    if (!may_act()) return log::warning("loop", "not done, as this node does not lead any more: " + work.what);
    // A result must not be lost.
    if (!parts_.done(work.run(stop_.get_token()))) log::warning("loop", "stopped before the result of: " + work.what);
  });
}

}  // namespace capstan::loop
