#include "sim/node.h"

#include <fmt/format.h>

namespace capstan::sim {
namespace {

constexpr Duration kLookEvery{1'000};
constexpr Duration kRest{200};

// Time will not help: as src/cli/shared_run.cc has it.
bool is_final(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kFailedPrecondition || code == ErrorCode::kCorrupt;
}

}  // namespace

// The ledger of a leader, as the loop uses it.
class Node::Sink final : public FactSink {
 public:
  explicit Sink(Node& node) : node_(node) {}

  Result<std::vector<Seq>> append(std::span<const NewFact> facts) override {
    ledger::Ledger& ledger = *node_.running_->ledger;
    auto written = ledger.append(facts);
    if (!written) {
      node_.refused(written.error(), facts);
      return written;
    }
    const ledger::Head head = ledger.head();
    if (node_.shared_.facts.size() < head.last || node_.shared_.facts[head.last - 1].chain != head.chain)
      node_.hooks_.breach(fmt::format("{} acknowledged fact {}, which the others do not have", node_.name_, head.last));
    for (size_t i = 0; i < facts.size(); ++i) {
      const NewFact& fact = facts[i];
      node_.director_.apply(
          {(*written)[i], fact.at, fact.kind, fact.subject, fact.body, fact.cause, fact.actor, false});
    }
    return written;
  }

 private:
  Node& node_;
};

Node::Running::Running(ledger::FakeShared& shared, const Node& node, std::function<void()> rest)
    : lease_store(shared, node.hooks_.store),
      fact_store(shared, node.hooks_.store),
      lease(lease_store, node.clock_, {}),
      writer(fact_store, lease, std::move(rest)) {}

Node::Node(std::string name, Stage& stage, ledger::FakeShared& shared, Hooks hooks)
    : name_(std::move(name)),
      stage_(stage),
      shared_(shared),
      hooks_(std::move(hooks)),
      clock_(world_begins()),
      disk_random_(stage.random.next_u64()),
      disk_(disk_random_, stage.tally),
      director_(stage.policies, stage.verbs, stage.signals) {}

Node::~Node() = default;

bool Node::open(ledger::Authority* authority) {
  running_->ledger.reset();
  if (disk_.is_off()) disk_.boot();
  auto opened = ledger::Ledger::open(disk_.path("ledger.db"),
                                     {.checkpoint_bytes = 64 << 10, .authority = authority, .copies = true}, clock_,
                                     disk_random_);
  if (!opened || disk_.is_off()) return false;
  running_->ledger = std::move(*opened);
  return true;
}

void Node::boot() {
  running_ = std::make_unique<Running>(shared_, *this, [this] { hooks_.pass(kRest); });
  if (!open(nullptr)) {
    stage_.tally.count("recovery: the ledger is opened again");
    return die(true);
  }
  lacks_ = running_->ledger->last_seq() < written_;
  running_->stand_by = std::make_unique<ledger::StandBy>(
      *running_->ledger, running_->fact_store, running_->lease,
      ledger::Candidate{name_, "http://" + name_, fmt::format("{}-{}", name_, ++starts_)});
}

void Node::turn() {
  if (!running_) return;
  if (is_leading()) {
    running_->lease.renew_when_due();
    if (running_->lease.held()) return;
    running_->process->cancel();
    if (!is_busy()) start_anew();
  } else if (!is_busy() && clock_.monotonic() >= next_look_) {
    next_look_ = clock_.monotonic() + kLookEvery;
    live([this] { stand_by(); });
  }
}

void Node::stand_by() {
  const Result<bool> leads = running_->stand_by->step();
  if (disk_.is_off()) return die(true);
  if (!leads && is_final(leads.error().code)) hooks_.breach(name_ + " cannot stand by: " + leads.error().message);
  if (leads) (void)running_->ledger->mark_as_copy();
  if (lacks_ && running_->ledger->last_seq() >= written_) {
    lacks_ = false;
    stage_.tally.count("recovery: a copy gets the facts that its node had not kept");
  }
  if (leads && *leads) lead();
}

void Node::lead() {
  running_->stand_by.reset();
  const bool is_opened = open(&running_->writer);
  const auto facts = is_opened ? running_->ledger->read_from(1, 1'000'000) : fail(ErrorCode::kUnavailable, "");
  if (!facts) return die(true);
  hooks_.told(fmt::format("{} leads, epoch {}", name_, running_->lease.tenure().epoch));
  if (running_->ledger->head() != shared_.standing.head && is_leader())
    hooks_.breach(fmt::format("{} leads and lacks facts", name_));
  running_->sink = std::make_unique<Sink>(*this);
  running_->process = std::make_unique<Process>(stage_, *running_->sink, clock_, director_, *facts);
  running_->process->may_act = [this] { return may_act(); };
}

// What is under way does not begin, what has begun is not heard of, and the program starts anew.
void Node::start_anew() {
  hooks_.told(fmt::format("{} leads no more: {}", name_, running_->lease.loss()));
  stage_.tally.count("recovery: a node that leads no more starts anew");
  if (running_->lease.loss().find("takes no more facts") != std::string::npos)
    stage_.tally.count("recovery: a node whose disk fails leads no more");
  die(true);
  boot();
}

void Node::refused(const Error& why, std::span<const NewFact> facts) {
  hooks_.told(fmt::format("{} cannot write {}: {}", name_, facts.front().kind, why.message));
  if (why.code == ErrorCode::kResourceExhausted) stage_.recoveries.refused(facts);
  if (why.message.find("does not lead any more") != std::string::npos)
    stage_.tally.count("recovery: a fact of a node that leads no more is refused");
}

void Node::die(bool with_power) {
  if (!running_) return;
  if (running_->process) {
    ++busy_;
    running_->process->abandon();
    --busy_;
  }
  if (!with_power) disk_.cut_power();
  disk_.kill();
  running_.reset();
}

bool Node::live(const std::function<void()>& step) {
  ++busy_;
  bool died = false;
  try {
    step();
  } catch (const ProcessDied&) {
    died = true;
  }
  --busy_;
  died = died || disk_.is_off();
  if (died) die(true);
  return !died;
}

}  // namespace capstan::sim
