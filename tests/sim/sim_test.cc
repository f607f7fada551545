// Worlds at random, each from its seed: plans, people, faults, full disks, and the death of the process at any moment.
//   CAPSTAN_SEED=17 sim_test --gtest_filter='*Seed'     replays one world and prints what happened
//   CAPSTAN_SEEDS=100000 sim_test                       runs more of them
//   CAPSTAN_SEEDS=2001-100000 sim_test --gtest_filter='*Seed'   from one to another
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/log.h"
#include "sim/life.h"
#include "sim/pair.h"

namespace capstan::sim {
namespace {

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// From one to another, both included.
struct Seeds {
  uint64_t first = 1;
  uint64_t last = 2000;
};

Seeds wanted_seeds() {
  if (const uint64_t one = number_of("CAPSTAN_SEED", 0)) return {one, one};
  const char* text = std::getenv("CAPSTAN_SEEDS");
  if (text == nullptr) return {};
  char* rest = nullptr;
  const uint64_t number = std::strtoull(text, &rest, 10);
  return *rest == '-' ? Seeds{number, std::strtoull(rest + 1, nullptr, 10)} : Seeds{1, number};
}

uint64_t seeds() { return wanted_seeds().last; }

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

// A world for every seed that is wanted.
template <class Life, class Make>
void live_each(int steps, const Make& make) {
  log::set_level(log::Level::kError);  // That a checkpoint failed is what is wanted here.
  const Seeds wanted = wanted_seeds();
  size_t effects = 0;
  for (uint64_t seed = wanted.first; seed <= wanted.last; ++seed) {
    const std::unique_ptr<Life> life = make(seed);
    life->live(steps);
    effects += life->effects();
    ASSERT_TRUE(keeps_its_laws(*life, fmt::format("seed {}", seed)));
    if (wanted.first == wanted.last) fmt::print("{}", life->story());
  }
  // Worlds in which nothing happens keep every law.
  if (wanted.last - wanted.first >= 10) {
    EXPECT_GT(effects, wanted.last - wanted.first);
  }
}

// Over the real ledger, on a disk that fails and tears.
TEST(SimulatedWorld, KeepsItsLawsForEverySeed) {
  live_each<Life>(120, [](uint64_t seed) { return std::make_unique<Life>(seed, Life::Keeps::kLedger); });
}

// Two that share a ledger: frozen, cut off, killed, both starting at once, with clocks that differ.
TEST(SimulatedWorld, OfTwoThatShareALedgerOneActsForEverySeed) {
  live_each<Pair>(100, [](uint64_t seed) { return std::make_unique<Pair>(seed); });
}

TEST(SimulatedWorld, TheSameSeedIsTheSameStory) {
  for (uint64_t seed : {17, 400, 1234}) {
    Life one(seed, Life::Keeps::kLedger);
    one.live(120);
    Life other(seed, Life::Keeps::kLedger);
    other.live(120);
    EXPECT_EQ(one.story(), other.story()) << "seed " << seed;
    EXPECT_EQ(one.tally().table(), other.tally().table());
    Pair pair(seed);
    pair.live(100);
    Pair again(seed);
    again.live(100);
    EXPECT_EQ(pair.story(), again.story()) << "seed " << seed;
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
