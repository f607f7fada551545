// The ledger on a disk that fails at each of its writes and syncs.
#include "sim/memory_disk.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/log.h"
#include "ledger/ledger.h"

namespace capstan::sim {
namespace {

const Time kStart = parse_time("2026-01-08T00:00:00Z").value();

NewFact fact() { return {.at = kStart, .kind = "k", .subject = "s", .body = Json::object(), .cause = 0, .actor = "a"}; }

TEST(LedgerOnADiskThatFails, KeepsWhatIsReadAfterAProcessWasKilledAlsoWhenThePowerIsCutNext) {
  log::set_level(log::Level::kError);
  VirtualClock clock(kStart);
  int read_unacknowledged = 0;
  for (uint64_t operation = 0; operation < 20; ++operation) {
    SeededRandom random(operation);
    Tally tally;
    MemoryDisk disk(random, tally);
    const auto open = [&] { return ledger::Ledger::open(disk.path("ledger.db"), {}, clock, random).value(); };
    auto ledger = open();
    ASSERT_TRUE(ledger->append_one(fact()).has_value());
    disk.fail_after(operation, DiskFault::kBroken);
    const bool acknowledged = ledger->append_one(fact()).has_value();
    disk.kill();
    ledger = open();
    const Seq read = ledger->last_seq();
    ASSERT_GE(read, acknowledged ? 2u : 1u);
    if (!acknowledged && read == 2) ++read_unacknowledged;
    disk.cut_power();
    ledger = open();
    EXPECT_EQ(ledger->last_seq(), read) << "operation " << operation;
    EXPECT_FALSE(ledger->verify().value().broken.has_value());
  }
  EXPECT_GT(read_unacknowledged, 0) << "no failure fell between writing and syncing";
}

}  // namespace
}  // namespace capstan::sim
