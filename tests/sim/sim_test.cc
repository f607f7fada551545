// Worlds at random, each from its seed: plans, people, faults, full disks, and the death of the process at any moment.
//   CAPSTAN_SEED=17 sim_test --gtest_filter='*Seed*'   replays one world and prints what happened
//   CAPSTAN_SEEDS=100000 sim_test                      runs more of them
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "sim/life.h"
#include "sim/pair.h"

namespace capstan::sim {
namespace {

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

uint64_t seeds() { return number_of("CAPSTAN_SEEDS", 2000); }

// What happened in all worlds of this run; the last test reads it.
Tally& tally_of_run() {
  static Tally tally;
  return tally;
}

template <class Life>
testing::AssertionResult keeps_its_laws(const Life& life, const std::string& which) {
  tally_of_run().add(life.tally());
  if (life.broken().empty()) return testing::AssertionSuccess();
  return testing::AssertionFailure() << which << ": " << life.broken().front() << "\n" << life.story();
}

// Over the real ledger, on a disk that fails and tears.
TEST(SimulatedWorld, KeepsItsLawsForEverySeed) {
  log::set_level(log::Level::kError);  // That a checkpoint failed is what is wanted here.
  const uint64_t one = number_of("CAPSTAN_SEED", 0);
  const uint64_t first = one ? one : 1;
  const uint64_t last = one ? one : seeds();
  size_t effects = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    Life life(seed, Life::Keeps::kLedger);
    life.live(120);
    effects += life.effects();
    ASSERT_TRUE(keeps_its_laws(life, fmt::format("seed {}", seed)));
    if (one) fmt::print("{}", life.story());
  }
  // A world in which nothing happens keeps every law.
  if (!one) {
    EXPECT_GT(effects, last);
  }
}

// Two that share a ledger: frozen, cut off, killed, both starting at once, with clocks that differ.
TEST(SimulatedWorld, OfTwoThatShareALedgerOneActsForEverySeed) {
  log::set_level(log::Level::kError);
  const uint64_t one = number_of("CAPSTAN_SEED", 0);
  const uint64_t first = one ? one : 1;
  const uint64_t last = one ? one : seeds();
  size_t effects = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    Pair pair(seed);
    pair.live(150);
    effects += pair.effects();
    ASSERT_TRUE(keeps_its_laws(pair, fmt::format("seed {}", seed)));
    if (one) fmt::print("{}", pair.story());
  }
  if (!one) {
    EXPECT_GT(effects, last);
  }
}

TEST(SimulatedWorld, TheSameSeedIsTheSameStory) {
  for (uint64_t seed : {17, 400, 1234}) {
    Life one(seed, Life::Keeps::kLedger);
    one.live(120);
    Life other(seed, Life::Keeps::kLedger);
    other.live(120);
    EXPECT_EQ(one.story(), other.story()) << "seed " << seed;
    EXPECT_EQ(one.tally().table(), other.tally().table());
  }
}

TEST(SimulatedWorld, SurvivesDeathAtEveryWriteAndBetweenEveryTwoCalls) {
  const uint64_t last = std::max<uint64_t>(1, seeds() / 150);
  uint64_t deaths = 0;
  for (uint64_t seed = 1; seed <= last; ++seed) {
    Life whole(seed, Life::Keeps::kMemory, Life::Death{});
    whole.live(80);
    ASSERT_TRUE(keeps_its_laws(whole, fmt::format("seed {}", seed)));
    const auto dies = [&](Life::Death::At at, uint64_t count) {
      for (uint64_t index = 0; index < count; ++index) {
        Life life(seed, Life::Keeps::kMemory, Life::Death{at, index});
        life.live(80);
        ++deaths;
        ASSERT_TRUE(keeps_its_laws(life, fmt::format("seed {}, death {} at {}", seed, static_cast<int>(at), index)));
      }
    };
    dies(Life::Death::At::kBeforeWrite, whole.writes());
    dies(Life::Death::At::kAfterWrite, whole.writes());
    dies(Life::Death::At::kCall, whole.calls());
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(deaths, last * 10);
}

TEST(SimulatedWorld, LosesNothingWhenThePowerIsCutAtAnyWriteOfTheLedger) {
  const uint64_t last = std::max<uint64_t>(1, seeds() / 1000);
  for (uint64_t seed = 1; seed <= last; ++seed) {
    Life whole(seed, Life::Keeps::kLedger, Life::Death{});
    whole.live(80);
    ASSERT_TRUE(keeps_its_laws(whole, fmt::format("seed {}", seed)));
    for (uint64_t index = 0; index < whole.disk_operations(); ++index) {
      Life life(seed, Life::Keeps::kLedger, Life::Death{Life::Death::At::kPowerCut, index});
      life.live(80);
      ASSERT_TRUE(keeps_its_laws(life, fmt::format("seed {}, power cut at {}", seed, index)));
    }
  }
}

// The last: a fault that never struck, or a way of recovery that was never taken, was not proven.
TEST(SimulatedWorld, EveryFaultStruckAndEveryRecoveryWasTaken) {
  fmt::print("{}", tally_of_run().table());
  if (number_of("CAPSTAN_SEED", 0) != 0 || seeds() < 1000) GTEST_SKIP() << "too few worlds for every one of them";
  for (const std::string& what : tally_of_run().missing(all_faults())) ADD_FAILURE() << "never: " << what;
  for (const std::string& what : tally_of_run().missing(all_recoveries())) ADD_FAILURE() << "never: " << what;
}

}  // namespace
}  // namespace capstan::sim
