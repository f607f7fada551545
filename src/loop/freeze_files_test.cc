// What holds of files of freezes with a mistake: while Capstan runs, after a restart, and where no good one was known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "decide/scratch_sql.h"
#include "loop/config_tree.h"
#include "loop/freeze_board.h"
#include "model/policy_fact.h"

namespace capstan::loop {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kGood = "freeze: release\nduring: daily\nzone: UTC\n";
constexpr const char* kMistake = "freeze: release\nduring: dialy\nzone: UTC\n";

class FreezeFiles : public testing::Test {
 protected:
  FreezeFiles() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-freezes-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    std::filesystem::create_directories(config_directory());
    start();
  }
  ~FreezeFiles() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path config_directory() const { return directory_ / "config"; }
  // As after a restart: what is known is what the ledger has.
  void start() {
    config_ = std::make_unique<ConfigTree>(std::vector<std::filesystem::path>(), config_directory());
    board_ = std::make_unique<FreezeBoard>(verbs_, resources_);
    for (const Fact& fact : ledger_) board_->apply(fact);
  }
  void write(const std::string& text, const char* file = "freezes.yaml") {
    // The time of a file tells that it is another one.
    std::ofstream(config_directory() / file) << text;
    std::filesystem::last_write_time(config_directory() / file,
                                     std::filesystem::file_time_type() + std::chrono::seconds(++writes_));
  }
  // What is told, a line each.
  std::string load() {
    now_ += Duration(60'000);
    config_->refresh();
    std::string told;
    for (const auto& [path, problem] : config_->problems()) told += problem.to_string() + "\n";
    for (const Error& problem : board_->load(*config_, words_, now_)) told += problem.to_string() + "\n";
    for (NewFact& fact : board_->take_news()) {
      ledger_.push_back({.seq = ledger_.size() + 1,
                         .at = fact.at,
                         .kind = fact.kind,
                         .subject = fact.subject,
                         .body = fact.body,
                         .cause = 0,
                         .actor = fact.actor});
      board_->apply(ledger_.back());
    }
    return told;
  }
  // Why a policy may not act now; "" when it may.
  std::string holds(std::string_view policy = "core-time") const {
    return board_->held_back(policy, "x.stop", "vm/1", now_).text;
  }

  std::filesystem::path directory_;
  int writes_ = 0;
  Time now_ = parse_time("2026-11-22T12:00:00Z").value();
  VerbRegistry verbs_;
  std::vector<Resource> none_;
  decide::ScratchResources resources_{none_};
  decide::Calendars calendars_;
  decide::Vocabulary words_{.verbs = {}, .kinds = {}, .calendars = &calendars_};
  std::vector<Fact> ledger_;
  std::unique_ptr<ConfigTree> config_;
  std::unique_ptr<FreezeBoard> board_;
};

TEST_F(FreezeFiles, TheLastGoodVersionHoldsWhileItRunsAndAfterARestart) {
  write(kGood);
  EXPECT_THAT(load(), IsEmpty());
  EXPECT_THAT(holds(), HasSubstr("frozen by release"));
  write(kMistake);
  const std::string told = load();
  EXPECT_THAT(told, HasSubstr("freezes.yaml:2"));
  EXPECT_THAT(told, HasSubstr("hold as they were read at 2026-11-22T12:01:00.000Z"));
  EXPECT_THAT(holds(), HasSubstr("frozen by release"));
  start();
  EXPECT_EQ(load(), told) << "the same is told, with the same time";
  EXPECT_THAT(holds(), HasSubstr("frozen by release"));
  EXPECT_THAT(board_->metrics(), HasSubstr("capstan_freeze_files_old 1\n"));
  const Json shown = board_->to_json(now_)["freezes"].items().front();
  EXPECT_EQ(shown["as_of"].string_or_empty(), "2026-11-22T12:01:00.000Z");

  write("freeze: release\nduring: 2020-01-01\nzone: UTC\n");
  EXPECT_THAT(load(), IsEmpty());
  EXPECT_EQ(holds(), "");
  EXPECT_THAT(board_->metrics(), HasSubstr("capstan_freeze_files_old 0\n"));
}

TEST_F(FreezeFiles, WhatIsNoYamlAtAllEndsNoFreeze) {
  write(kGood);
  load();
  for (const char* broken : {"freeze: release\nduring: [daily\n", "freese: x\n", "\tnothing", ""}) {
    write(broken);
    start();
    const std::string told = load();
    if (*broken == '\0') {
      EXPECT_EQ(holds(), "") << "an empty file says that there is none";
      continue;
    }
    EXPECT_THAT(holds(), HasSubstr("frozen by release")) << broken;
    EXPECT_THAT(told, HasSubstr("hold as they were read at 2026-11-22T12:01:00.000Z")) << broken;
  }
}

TEST_F(FreezeFiles, WhatIsTakenAwayIsOver) {
  write(kGood);
  load();
  std::filesystem::remove(config_directory() / "freezes.yaml");
  EXPECT_THAT(load(), IsEmpty());
  EXPECT_EQ(holds(), "");
  start();
  EXPECT_THAT(load(), IsEmpty());
  EXPECT_EQ(holds(), "");
  // What was there before says nothing of a new one.
  write(kMistake);
  EXPECT_THAT(load(), Not(HasSubstr("hold as they were read")));
}

TEST_F(FreezeFiles, ADirectoryThatCannotBeLookedAtEndsNoFreeze) {
  write(kGood);
  load();
  // A link that leads in a circle: nobody can tell what is there, and it is not "nothing".
  std::filesystem::rename(config_directory(), directory_ / "away");
  std::filesystem::create_directory_symlink("config", config_directory());
  start();
  EXPECT_THAT(load(), HasSubstr("hold as they were read at 2026-11-22T12:01:00.000Z"));
  EXPECT_THAT(holds(), HasSubstr("frozen by release"));
  std::filesystem::remove(config_directory());
  std::filesystem::rename(directory_ / "away", config_directory());
  EXPECT_THAT(load(), IsEmpty());
  EXPECT_THAT(holds(), HasSubstr("frozen by release"));
}

TEST_F(FreezeFiles, AMistakeInOneThatNeverWasGoodHoldsWhatItMayMean) {
  write(kMistake);
  EXPECT_THAT(load(), HasSubstr("the freeze 'release' covers whatever it may mean: policies *"));
  EXPECT_THAT(holds(), HasSubstr("held back by the freeze release until its mistake is mended"));
  EXPECT_EQ(holds(""), "") << "what a person decides is not held up by a file";
  EXPECT_THAT(board_->metrics(), HasSubstr("capstan_freezes_doubtful 1\n"));
  start();
  load();
  EXPECT_THAT(holds(), HasSubstr("release"));
  write(kGood);
  EXPECT_THAT(load(), IsEmpty());
  EXPECT_THAT(holds(), HasSubstr("frozen by release until"));
}

TEST_F(FreezeFiles, OneThatIsNoYamlAndNeverWasHoldsPolicies) {
  write("freeze: release\nduring: [daily\n");
  load();
  EXPECT_THAT(holds(), HasSubstr("held back by the freeze freezes.yaml"));
  EXPECT_EQ(holds(""), "");
  write("other: [thing\n", "other.yaml");
  write(kGood);
  EXPECT_THAT(load(), HasSubstr("other.yaml")) << "told as any other file";
  EXPECT_THAT(holds(), HasSubstr("frozen by release until"));
}

TEST_F(FreezeFiles, WhatItDependsOnMayBeWhatHasTheMistake) {
  words_.kinds = {"vm"};
  calendars_["kr"] = std::make_shared<const decide::Calendar>();
  write("freeze: release\nduring: daily\nzone: UTC\nonly: { kinds: [vm] }\n");
  write("freeze: holidays\ncalendar: kr\nzone: UTC\n", "holidays.yaml");
  EXPECT_THAT(load(), IsEmpty());
  start();
  // The pack that declares vm cannot be read, and nor can the calendar.
  words_.kinds = {"other"};
  calendars_.clear();
  load();
  EXPECT_THAT(holds(), HasSubstr("frozen by release until"));
  EXPECT_EQ(board_->all().size(), 2u);
  EXPECT_THAT(board_->metrics(), HasSubstr("capstan_freezes_doubtful 1\n")) << "nobody knows which days are holidays";
}

TEST_F(FreezeFiles, TwoOfOneNameBothHold) {
  write("freeze: release\nduring: 2020-01-01\nzone: UTC\n");
  write(kGood, "second.yaml");
  EXPECT_THAT(load(), HasSubstr("a freeze named 'release' is already in"));
  EXPECT_THAT(holds(), HasSubstr("second.yaml:1"));
}

TEST_F(FreezeFiles, OneThatIsTooLongForTheLedgerIsNotTakenForAnOlderOne) {
  write("freeze: release\nduring: 2020-01-01\nzone: UTC\n");
  load();
  write(std::string(kGood) + "help: " + std::string(60'000, 'x') + "\n");
  EXPECT_THAT(load(), IsEmpty());
  write(kMistake);
  start();
  load();
  EXPECT_THAT(holds(), HasSubstr("release"));
}

}  // namespace
}  // namespace capstan::loop
