#include "ledger/ledger.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/sqlite.h"
#include "ledger/lookup_index.h"
#include "ledger/test_ledger.h"

namespace capstan::ledger {
namespace {

using LedgerTest = LedgerFixture;

TEST_F(LedgerTest, NumbersFactsFromOneAndGivesThemBackAsTheyWere) {
  const NewFact fact{.at = from_unix_ms(1'234),
                     .kind = "resource.appeared",
                     .subject = "host/web1",
                     .body = Json::object({{"name", "web1"}, {"cores", 2}, {"text", "é\n\"quoted\""}}),
                     .cause = 0,
                     .actor = "connector:host"};
  EXPECT_EQ(must(ledger().append_one(fact)), 1u);
  const Fact read = must(ledger().get(1));
  EXPECT_EQ(read.seq, 1u);
  EXPECT_EQ(read.at, fact.at);
  EXPECT_EQ(read.kind, fact.kind);
  EXPECT_EQ(read.subject, fact.subject);
  EXPECT_EQ(read.body, fact.body);
  EXPECT_EQ(read.actor, fact.actor);
  EXPECT_FALSE(read.redacted);
}

TEST_F(LedgerTest, KeepsTheOrderOfNumbersWhenTheClockJumpsBack) {
  must(ledger().append_one(make("a", "x", 0, 5'000)));
  must(ledger().append_one(make("a", "x", 0, 1'000)));
  const std::vector<Fact> facts = must(ledger().by_subject("x", 10));
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].seq, 2u);
  EXPECT_EQ(to_unix_ms(facts[0].at), 1'000);
  EXPECT_FALSE(must(ledger().verify()).broken);
}

TEST_F(LedgerTest, RefusesACauseThatIsNotEarlierAndWritesNothingOfThatBatch) {
  const std::vector<NewFact> batch = {make("a", "x"), make("a", "x", 2)};
  const auto result = ledger().append(batch);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(result.error().message.find("names fact 2 as its cause"), std::string::npos) << result.error().message;
  EXPECT_EQ(ledger().last_seq(), 0u);
  EXPECT_TRUE(must(ledger().read_from(1, 10)).empty());
}

TEST_F(LedgerTest, LetsABatchNameItsOwnEarlierFactAsACause) {
  const std::vector<NewFact> batch = {make("a", "x"), make("b", "y", ledger().next_seq())};
  must(ledger().append(batch));
  EXPECT_EQ(must(ledger().get(2)).cause, 1u);
}

TEST_F(LedgerTest, RefusesBodiesThatAreNoObjectOrTooLarge) {
  NewFact fact = make("a", "x");
  fact.body = Json::array({1, 2});
  EXPECT_EQ(ledger().append_one(fact).error().message, "the body of fact 1 (a) is no object");
  fact.body = Json::object({{"text", std::string(70'000, 'x')}});
  const Error error = ledger().append_one(fact).error();
  EXPECT_NE(error.message.find("the limit is 65536"), std::string::npos) << error.message;
}

TEST_F(LedgerTest, RefusesAnEmptyKindAndAnOverlongSubject) {
  EXPECT_FALSE(ledger().append_one(make("", "x")));
  EXPECT_FALSE(ledger().append_one(make("a", std::string(2'000, 's'))));
}

TEST_F(LedgerTest, WalksFromAnEffectToItsRootCause) {
  must(ledger().append(std::vector<NewFact>{make("a", "1"), make("b", "2", 1), make("c", "3"), make("d", "4", 2)}));
  std::vector<Seq> walked;
  for (const Fact& fact : must(ledger().cause_chain(4))) walked.push_back(fact.seq);
  EXPECT_EQ(walked, (std::vector<Seq>{4, 2, 1}));
}

TEST_F(LedgerTest, FindsTheEffectsOfAFact) {
  must(ledger().append(std::vector<NewFact>{make("a", "1"), make("b", "2", 1), make("c", "3"), make("d", "4", 1)}));
  std::vector<Seq> found;
  for (const Fact& fact : must(ledger().by_cause(1))) found.push_back(fact.seq);
  EXPECT_EQ(found, (std::vector<Seq>{2, 4}));
}

TEST_F(LedgerTest, FindsTheNewestOfAKindSinceATime) {
  for (int i = 1; i <= 5; ++i) must(ledger().append_one(make(i % 2 ? "odd" : "even", "x", 0, i * 1'000)));
  std::vector<Seq> found;
  for (const Fact& fact : must(ledger().by_kind("odd", from_unix_ms(2'000), 10))) found.push_back(fact.seq);
  EXPECT_EQ(found, (std::vector<Seq>{5, 3}));
  EXPECT_TRUE(must(ledger().by_kind("never", Time(), 10)).empty());
}

TEST_F(LedgerTest, FindsTheFactsOfASubjectByKindAndPage) {
  for (std::string_view kind : {"action.intended", "action.finished", "actions", "action.intended"})
    must(ledger().append_one(make(std::string(kind), "x")));
  const auto found = [&](size_t limit, Seq before, std::string_view kind) {
    std::vector<Seq> seqs;
    for (const Fact& fact : must(ledger().by_subject("x", limit, before, kind))) seqs.push_back(fact.seq);
    return seqs;
  };
  EXPECT_EQ(found(10, 0, "action."), (std::vector<Seq>{4, 2, 1}));
  EXPECT_EQ(found(10, 0, "action.intended"), (std::vector<Seq>{4, 1}));
  EXPECT_EQ(found(1, 4, "action."), (std::vector<Seq>{2}));
  EXPECT_EQ(found(10, 0, "actio"), std::vector<Seq>{});
}

TEST_F(LedgerTest, FindsFactsAcrossSegmentsOfTheIndexBeforeAndAfterReopening) {
  append_many(2 * kSegmentFacts + 100, 1'000);
  const auto check = [&] {
    // Fact n is about subject n % 1000 and caused by n / 2.
    const std::vector<Fact> newest = must(ledger().by_subject("s/7", 300));
    ASSERT_EQ(newest.size(), 132u);
    Seq expected = 131'007;
    for (const Fact& fact : newest) {
      ASSERT_EQ(fact.seq, expected);
      ASSERT_EQ(fact.subject, "s/7");
      expected -= 1'000;
    }
    std::vector<Seq> effects;
    for (const Fact& fact : must(ledger().by_cause(65'536))) effects.push_back(fact.seq);
    EXPECT_EQ(effects, (std::vector<Seq>{131'072, 131'073})) << "one in a segment, one in memory";
    EXPECT_EQ(must(ledger().by_kind("k", Time(), 5)).front().seq, ledger().last_seq());
    for (Seq before : {Seq{131'100}, Seq{131'007}, Seq{65'600}, Seq{65'536}, Seq{8}, Seq{7}}) {
      std::vector<Seq> about;
      for (Seq seq = 131'007; about.size() < 2 && seq < 132'000; seq -= 1'000) {
        if (seq < before) about.push_back(seq);
      }
      std::vector<Seq> found;
      for (const Fact& fact : must(ledger().by_subject("s/7", 2, before))) found.push_back(fact.seq);
      EXPECT_EQ(found, about) << before;
      EXPECT_EQ(must(ledger().by_kind("k", Time(), 1, before)).front().seq, std::min(before - 1, ledger().last_seq()));
    }
  };
  check();
  reopen();
  check();
  EXPECT_FALSE(must(ledger().verify()).broken);
}

TEST_F(LedgerTest, ReadersMissNothingWhileSegmentsAreWritten) {
  // Every 100th fact is about "rare"; the rest fill segments.
  std::atomic<bool> done = false;
  std::atomic<int> looks = 0;
  std::jthread reader([&] {
    while (!done || looks == 0) {
      const size_t least = ledger().last_seq() / 100;
      const auto facts = ledger().by_subject("rare", 1'000'000);
      ASSERT_TRUE(facts) << facts.error().message;
      ASSERT_GE(facts->size(), least);
      for (size_t i = 1; i < facts->size(); ++i) ASSERT_EQ((*facts)[i - 1].seq, (*facts)[i].seq + 100);
      ++looks;
    }
  });
  for (int batch = 0; batch < 140; ++batch) {
    std::vector<NewFact> facts(1'000, make("k", "often"));
    for (size_t i = 99; i < facts.size(); i += 100) facts[i].subject = "rare";
    must(ledger().append(facts));
  }
  done = true;
}

TEST_F(LedgerTest, TellsSubjectsApartThatShareAKey) {
  // Keys are 64 bits, so a collision cannot be found by trying; the tail is asked for a key of another subject.
  must(ledger().append_one(make("a", "one")));
  EXPECT_TRUE(must(ledger().by_subject("two", 10)).empty());
  EXPECT_NE(subject_key("one"), subject_key("two"));
}

TEST_F(LedgerTest, ProvesTheRestAfterABodyWasRedacted) {
  append_many(10, 3);
  const Seq note = must(ledger().redact(4, "a password", "user:alice"));
  const Fact redacted = must(ledger().get(4));
  EXPECT_TRUE(redacted.redacted);
  EXPECT_TRUE(redacted.body.is_null());
  EXPECT_EQ(redacted.subject, "s/1");
  EXPECT_EQ(must(ledger().get(note)).body["reason"], Json("a password"));
  EXPECT_EQ(must(ledger().get(note)).cause, 4u);
  const Verification verified = must(ledger().verify());
  EXPECT_FALSE(verified.broken);
  EXPECT_EQ(verified.redacted, 1u);
  EXPECT_EQ(ledger().redact(4, "again", "user:alice").error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(ledger().redact(99, "what", "user:alice").error().code, ErrorCode::kNotFound);
}

TEST_F(LedgerTest, LeavesNoByteOfARedactedBodyInItsFiles) {
  NewFact fact = make("a", "x");
  fact.body = Json::object({{"note", "hunter2-hunter2-hunter2"}});
  must(ledger().append_one(fact));
  must(ledger().redact(1, "a password", "user:alice"));
  for (const auto& entry : std::filesystem::directory_iterator(directory())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(bytes.find("hunter2"), std::string::npos) << entry.path();
  }
}

TEST_F(LedgerTest, VerifyNamesTheFirstFactThatWasChangedBehindItsBack) {
  append_many(50, 3);
  const auto broken_after = [&](const std::string& sql) {
    close();
    sqlite::Database raw = must(sqlite::Database::open_writer(file(), {}));
    must(raw.execute(sql));
    open();
    return must(ledger().verify()).broken;
  };
  auto broken = broken_after("UPDATE body SET body = '{\"n\":0}' WHERE seq = 40");
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->seq, 40u);
  EXPECT_EQ(broken->reason, "its body is not what was written down");
  broken = broken_after("UPDATE fact SET subject = 'other' WHERE seq = 30");
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->seq, 30u);
  broken = broken_after("DELETE FROM fact WHERE seq = 20");
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->seq, 20u);
  EXPECT_EQ(broken->reason, "it is missing");
}

TEST_F(LedgerTest, VerifyNoticesABodyThatWasDeletedWithoutAFactAboutIt) {
  append_many(50, 3);
  close();
  must(must(sqlite::Database::open_writer(file(), {})).execute("DELETE FROM body WHERE seq = 40"));
  open();
  const auto broken = must(ledger().verify()).broken;
  ASSERT_TRUE(broken);
  EXPECT_EQ(broken->seq, 40u);
}

TEST_F(LedgerTest, FindsThatWholeSegmentsWereRemovedFromTheBeginning) {
  append_many(kSegmentFacts + 10, 3);
  close();
  must(must(sqlite::Database::open_writer(file(), {}))
           .execute("DELETE FROM fact WHERE seq <= 65536; DELETE FROM body WHERE seq <= 65536"));
  open();
  const Verification verified = must(ledger().verify());
  EXPECT_EQ(verified.first, 65'537u);
  ASSERT_TRUE(verified.broken);
  EXPECT_EQ(verified.broken->seq, 1u);
}

TEST_F(LedgerTest, SaysWhatIsWrongWithAFileThatIsNoLedger) {
  close();
  for (const auto& entry : std::filesystem::directory_iterator(directory())) std::filesystem::remove(entry.path());
  std::ofstream(file()) << std::string(8'192, 'x');
  const auto garbage = Ledger::open(file(), {}, clock(), random());
  ASSERT_FALSE(garbage);
  EXPECT_EQ(garbage.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(garbage.error().message.find("ledger.db"), std::string::npos) << garbage.error().message;

  std::filesystem::remove(file());
  must(must(sqlite::Database::open_writer(file(), {})).execute("CREATE TABLE other(x)"));
  const auto other = Ledger::open(file(), {}, clock(), random());
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("is a database, but no ledger"), std::string::npos) << other.error().message;
}

TEST_F(LedgerTest, RefusesTheFileOfANewerCapstan) {
  close();
  must(must(sqlite::Database::open_writer(file(), {})).execute("PRAGMA user_version = 99"));
  const auto newer = Ledger::open(file(), {}, clock(), random());
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(LedgerTest, SaysThatAFactDoesNotExist) {
  EXPECT_EQ(ledger().get(1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(ledger().get(~0ULL).error().code, ErrorCode::kNotFound);
}

TEST_F(LedgerTest, ShowsTheSameFactsToSql) {
  must(ledger().append_one(make("a", "x", 0, 1'700'000'000'123)));
  sqlite::Database sql = must(sqlite::Database::open_memory());
  must(sql.execute("ATTACH '" + file().string() + "' AS ledger"));
  EXPECT_EQ(must(sql.text_of("SELECT at FROM (" + Ledger::view_sql("ledger") + ") WHERE subject = 'x'")),
            "2023-11-14T22:13:20.123Z");
}

}  // namespace
}  // namespace capstan::ledger
