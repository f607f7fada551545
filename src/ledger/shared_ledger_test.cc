// Ledgers of several nodes that share one: what is written by the leader, copied by the others, and refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "ledger/fake_shared_store.h"
#include "ledger/ledger.h"
#include "ledger/shared_writer.h"
#include "ledger/stand_by.h"
#include "ledger/test_ledger.h"

namespace capstan::ledger {
namespace {

using testing::HasSubstr;

constexpr Duration kSecond{1'000};

// One node: its directory, its way to the shared ledger, its lease.
struct Node {
  Node(std::string its_name, const std::filesystem::path& directory, FakeShared& shared, VirtualClock& its_clock)
      : name(std::move(its_name)),
        file(directory / (name + ".db")),
        clock(its_clock),
        random(name[0]),
        store(shared),
        lease(store, clock, {}),
        writer(store, lease, [this] { rest(); }) {}

  void rest() {
    clock.advance(Duration(200));
    if (after_rest) after_rest();
  }
  Ledger& open_copy() {
    ledger.reset();
    ledger = must(Ledger::open(file, {.copies = true}, clock, random));
    standing = std::make_unique<StandBy>(*ledger, store, lease, Candidate{name, "http://" + name, name + "-1"});
    return *ledger;
  }
  Ledger& open_as_leader() {
    standing.reset();
    ledger.reset();
    ledger = must(Ledger::open(file, {.authority = &writer, .copies = true}, clock, random));
    return *ledger;
  }
  Ledger& open_alone() {
    standing.reset();
    ledger.reset();
    ledger = must(Ledger::open(file, {}, clock, random));
    return *ledger;
  }
  // Until it leads.
  Ledger& lead() {
    open_copy();
    EXPECT_TRUE(must(standing->step()));
    return open_as_leader();
  }

  std::string name;
  std::filesystem::path file;
  VirtualClock& clock;
  SeededRandom random;
  FakeSharedStore store;
  Lease lease;
  SharedWriter writer;
  std::function<void()> after_rest;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<StandBy> standing;
};

// No file grows while it lives.
class DiskIsFull {
 public:
  DiskIsFull() {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &usual_), 0);
    const rlimit nothing{.rlim_cur = 1, .rlim_max = usual_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &nothing), 0);
  }
  ~DiskIsFull() {
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &usual_), 0);
    std::signal(SIGXFSZ, before_);
  }
  DiskIsFull(const DiskIsFull&) = delete;
  DiskIsFull& operator=(const DiskIsFull&) = delete;

 private:
  void (*before_)(int) = std::signal(SIGXFSZ, SIG_IGN);
  rlimit usual_{};
};

class SharedLedger : public LedgerFixture {
 protected:
  SharedLedger() { close(); }

  void write(Ledger& to, int facts) {
    std::vector<NewFact> batch;
    for (int i = 0; i < facts; ++i) batch.push_back(make("k", "s/1", to.last_seq(), 1'000 + i));
    must(to.append(batch));
  }
  // Byte for byte.
  void expect_same(const Ledger& one, const Ledger& other) {
    EXPECT_EQ(one.head(), other.head());
    EXPECT_EQ(must(one.read_kept(1, 10'000, 1 << 30)), must(other.read_kept(1, 10'000, 1 << 30)));
    EXPECT_FALSE(must(other.verify()).broken);
  }

  VirtualClock time_{from_unix_ms(1'000'000)};
  FakeShared shared_{time_};
  Node a_{"a", directory(), shared_, time_}, b_{"b", directory(), shared_, time_};
};

TEST_F(SharedLedger, WhatTheLeaderWritesTheOtherHasToo) {
  Ledger& a = a_.lead();
  b_.open_copy();
  write(a, 5);
  EXPECT_FALSE(must(b_.standing->step()));
  expect_same(a, *b_.ledger);
  const StandByReport report = b_.standing->report();
  EXPECT_EQ(report.leader, "a");
  EXPECT_EQ(report.copied, 5);
  EXPECT_EQ(report.error, "");
  EXPECT_EQ(must(b_.ledger->by_subject("s/1", 10)).size(), 5);
}

TEST_F(SharedLedger, AnotherTakesOverWithEveryFactAndTheFirstIsRefused) {
  Ledger& a = a_.lead();
  write(a, 3);
  b_.open_copy();
  EXPECT_FALSE(must(b_.standing->step()));
  time_.advance(11 * kSecond);  // As if a were frozen.
  EXPECT_TRUE(must(b_.standing->step()));
  Ledger& b = b_.open_as_leader();
  write(b, 2);
  const Result<Seq> late = a.append_one(make("action.intended", "act-1"));
  ASSERT_FALSE(late);
  EXPECT_THAT(late.error().message, HasSubstr("does not lead any more"));
  EXPECT_EQ(a.last_seq(), 3);
  EXPECT_EQ(shared_.facts.size(), 5);
  EXPECT_FALSE(a.append_one(make("k", "s"))) << "it takes no more facts until it is opened anew";
}

TEST_F(SharedLedger, TheStoreItselfRefusesWhoIsLate) {
  Ledger& a = a_.lead();
  write(a, 1);
  const Tenure tenure = a_.lease.tenure();
  const Head head = a.head();
  time_.advance(11 * kSecond);
  b_.open_copy();
  ASSERT_TRUE(must(b_.standing->step()));
  std::vector<KeptFact> facts = must(a.read_kept(1, 1, 1));
  facts.front().seq = 2;
  EXPECT_FALSE(must(a_.store.append(tenure, head, facts)));
  EXPECT_EQ(shared_.facts.size(), 1);
}

TEST_F(SharedLedger, AnAppendWhoseAnswerWasLostIsWrittenOnce) {
  Ledger& a = a_.lead();
  a_.store.answers_to_lose = 1;
  write(a, 1);
  EXPECT_EQ(shared_.facts.size(), 1);
  EXPECT_EQ(a.last_seq(), 1);
  write(a, 1);
  EXPECT_EQ(shared_.facts.size(), 2);
}

TEST_F(SharedLedger, AShortCutOnlyDelaysAFact) {
  Ledger& a = a_.lead();
  a_.store.cut = true;
  int rests = 0;
  a_.after_rest = [&] { a_.store.cut = ++rests < 10; };
  write(a, 1);
  EXPECT_EQ(shared_.facts.size(), 1);
  EXPECT_EQ(rests, 10);
}

TEST_F(SharedLedger, ALongCutEndsTheLeadAndNothingIsKept) {
  Ledger& a = a_.lead();
  write(a, 1);
  a_.store.cut = true;
  ASSERT_FALSE(a.append_one(make("action.intended", "act-1")));
  EXPECT_FALSE(a_.lease.held());
  EXPECT_EQ(a.last_seq(), 1);
  EXPECT_EQ(shared_.facts.size(), 1);
}

TEST_F(SharedLedger, WhatWasWrittenThereAndNotHereIsCopiedAtTheNextStart) {
  Ledger& a = a_.lead();
  write(a, 2);
  // A crash between the two: the shared ledger has the fact, this file has not.
  std::filesystem::copy_file(a_.file, directory() / "older.db");
  for (const char* suffix : {"-wal"}) {
    if (std::filesystem::exists(a_.file.string() + suffix))
      std::filesystem::copy_file(a_.file.string() + suffix, (directory() / "older.db").string() + suffix);
  }
  write(a, 1);
  a_.file = directory() / "older.db";
  time_.advance(11 * kSecond);
  Ledger& again = a_.lead();
  EXPECT_EQ(again.last_seq(), 3);
  write(again, 1);
  EXPECT_EQ(shared_.facts.size(), 4);
}

TEST_F(SharedLedger, AnEmptySharedLedgerTakesTheFactsOfTheFirstThatLeads) {
  write(a_.open_alone(), 5'000);
  Ledger& a = a_.lead();
  EXPECT_EQ(shared_.facts.size(), 5'000);
  write(a, 1);
  b_.open_copy();
  EXPECT_FALSE(must(b_.standing->step()));
  expect_same(a, *b_.ledger);
}

TEST_F(SharedLedger, TwoDifferentLedgersAreRefusedWithWhatToDo) {
  write(a_.open_alone(), 3);
  a_.lead();
  write(b_.open_alone(), 5);
  b_.open_copy();
  const Result<bool> step = b_.standing->step();
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(step.error().message, HasSubstr("two different ledgers"));
  EXPECT_EQ(b_.ledger->last_seq(), 5);
  EXPECT_EQ(shared_.facts.size(), 3);
}

TEST_F(SharedLedger, WhatTheDatabaseHasLostTheCopyGivesBack) {
  Ledger& a = a_.lead();
  write(a, 4);
  // Another machine took over from the database's, and had not got the newest facts yet.
  shared_.facts.resize(2);
  shared_.standing.head = {2, shared_.facts.back().chain};
  shared_.until = Duration(0);
  Ledger& again = a_.lead();
  EXPECT_EQ(shared_.facts.size(), 4);
  EXPECT_EQ(shared_.standing.head, again.head());
}

TEST_F(SharedLedger, ARedactedBodyGoesEverywhere) {
  Ledger& a = a_.lead();
  write(a, 2);
  b_.open_copy();
  EXPECT_FALSE(must(b_.standing->step()));
  must(a.redact(1, "a password", "user:alice"));
  EXPECT_TRUE(shared_.facts[0].redacted);
  EXPECT_EQ(shared_.facts[0].body, "");
  EXPECT_FALSE(must(b_.standing->step()));
  EXPECT_TRUE(must(b_.ledger->get(1)).redacted);
  expect_same(a, *b_.ledger);
}

TEST_F(SharedLedger, AFactThatWasChangedOnTheWayIsNotCopied) {
  write(a_.lead(), 3);
  shared_.facts[1].body = R"({"n":2})";
  b_.open_copy();
  const Result<bool> step = b_.standing->step();
  ASSERT_FALSE(step);
  EXPECT_EQ(step.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(b_.ledger->last_seq(), 0);
}

TEST_F(SharedLedger, ACopyTakesNoFactsOfItsOwn) {
  write(a_.lead(), 1);
  must(a_.open_copy().mark_as_copy());
  a_.standing.reset();
  a_.ledger.reset();
  const auto opened = Ledger::open(a_.file, {}, time_, a_.random);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, HasSubstr("--ledger-url"));
}

TEST_F(SharedLedger, ACopyMustFollowItsNewestFact) {
  write(a_.lead(), 3);
  Ledger& b = b_.open_copy();
  EXPECT_EQ(b.copy(std::span(shared_.facts).subspan(1)).error().code, ErrorCode::kFailedPrecondition);
  must(b.copy(shared_.facts));
  EXPECT_EQ(b.last_seq(), 3);
}

// It would renew its lease for ever and do nothing.
TEST_F(SharedLedger, ALeaderWhoseOwnDiskFailsLeadsNoMore) {
  Ledger& a = a_.lead();
  write(a, 1);
  Result<Seq> written = Seq{0};
  {
    const DiskIsFull full;
    written = a.append_one(make("k", "s"));
  }
  ASSERT_FALSE(written);
  EXPECT_EQ(shared_.facts.size(), 2) << "the others have it";
  EXPECT_FALSE(a_.lease.held());
  EXPECT_THAT(a_.lease.loss(), HasSubstr("takes no more facts"));
  time_.advance(11 * kSecond);
  EXPECT_EQ(b_.lead().last_seq(), 2);
}

// Appending works again once there is room, but until then the others can do better.
TEST_F(SharedLedger, ALeaderWhoseOwnDiskIsFullLeadsNoMore) {
  a_.lead();
  a_.ledger.reset();
  a_.ledger =
      must(Ledger::open(a_.file, {.max_bytes = 200'000, .authority = &a_.writer, .copies = true}, time_, a_.random));
  NewFact large = make("k", "s/1");
  large.body.set("text", std::string(5'000, 'x'));
  while (a_.ledger->append_one(large)) {
  }
  EXPECT_FALSE(a_.lease.held());
  EXPECT_THAT(a_.lease.loss(), HasSubstr("takes no more facts"));
  EXPECT_EQ(shared_.facts.size(), a_.ledger->last_seq()) << "none of the last one";
  time_.advance(11 * kSecond);
  EXPECT_EQ(b_.lead().last_seq(), shared_.facts.size());
}

// It would lose the lead again at its first fact, and take it again.
TEST_F(SharedLedger, WhoHasNoRoomDoesNotLead) {
  write(a_.lead(), 1);
  b_.open_copy();
  EXPECT_FALSE(must(b_.standing->step()));
  must(a_.lease.release());
  {
    const DiskIsFull full;
    const Result<bool> step = b_.standing->step();
    ASSERT_FALSE(step);
    EXPECT_FALSE(b_.lease.held());
    EXPECT_TRUE(shared_.is_free());
  }
  EXPECT_TRUE(must(b_.standing->step()));
}

// What a person asks too much for is no trouble of the disk.
TEST_F(SharedLedger, AFactThatIsRefusedIsNoLoss) {
  Ledger& a = a_.lead();
  NewFact large = make("k", "s/1");
  large.body.set("text", std::string(100'000, 'x'));
  EXPECT_FALSE(a.append_one(large));
  EXPECT_FALSE(a.append_one(make("", "s/1")));
  EXPECT_TRUE(a_.lease.held());
  EXPECT_TRUE(a.append_one(make("k", "s/1")));
}

TEST_F(SharedLedger, AFullDatabaseIsToldAndLaterFactsAreTaken) {
  class Full final : public Authority {
   public:
    bool full = true;
    Status take(const Head&, std::span<const KeptFact>) override {
      return full ? fail(ErrorCode::kResourceExhausted, "no space left") : Status();
    }
    void forsake(std::string_view why) override { ADD_FAILURE() << why; }
  } authority;
  auto ledger = must(Ledger::open(file(), {.authority = &authority, .copies = true}, clock(), random()));
  EXPECT_EQ(ledger->append_one(make("k", "s")).error().code, ErrorCode::kResourceExhausted);
  authority.full = false;
  EXPECT_EQ(must(ledger->append_one(make("k", "s"))), 1);
}

}  // namespace
}  // namespace capstan::ledger
