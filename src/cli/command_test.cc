#include "cli/command.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/random.h"
#include "ledger/data_directory.h"
#include "ledger/ledger.h"

namespace capstan::cli {
namespace {

TEST(Cell, CannotDriveTheTerminal) {
  EXPECT_EQ(cell("\x1b[1A\x1b[2Kharmless\x07\x7f"), "\\x1b[1A\\x1b[2Kharmless\\x07\\x7f");
  EXPECT_EQ(cell("\xc2\x9b"
                 "2J \xc2\x80\xc2\x9f"),
            "\\x9b2J \\x80\\x9f")
      << "the same in one character";
  EXPECT_EQ(cell(Json::object({{"a\xc2\x9b", "\x1b\x7f"}})), R"({"a\x9b":"\u001b\u007f"})");
}

TEST(Cell, IsOneLineAndLeavesTheRestAsItIs) {
  EXPECT_EQ(cell("first\r\n\tsecond"), "first   second");
  EXPECT_EQ(cell("\xc2\xa0 \xc3\xa9 \xed\x95\x9c \xc2"), "\xc2\xa0 \xc3\xa9 \xed\x95\x9c \xc2");
  EXPECT_EQ(cell(Json()), "");
  EXPECT_EQ(cell(12), "12");
}

// Makes the directory first, as a service's unit or a mounted volume does.
TEST(KeepFilesPrivate, HoldsInADirectoryThatOthersMayRead) {
  start_crypto();
  const mode_t before = ::umask(022);
  char pattern[] = "/tmp/capstan-cli-XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(pattern);
  ASSERT_EQ(::chmod(directory.c_str(), 0755), 0);
  keep_files_private();
  {
    const auto locked = ledger::DataDirectory::lock(directory);
    ASSERT_TRUE(locked);
    const SystemClock clock;
    SystemRandom random;
    const auto ledger = ledger::Ledger::open(locked->file("ledger.db"), {}, clock, random);
    ASSERT_TRUE(ledger);
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      const auto open_to_others = file.status().permissions() & std::filesystem::perms(077);
      EXPECT_EQ(open_to_others, std::filesystem::perms::none) << file.path();
    }
  }
  std::filesystem::remove_all(directory);
  ::umask(before);
}

}  // namespace
}  // namespace capstan::cli
