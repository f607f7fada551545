#include "ledger/data_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "ledger/test_ledger.h"

namespace capstan::ledger {
namespace {

using DataDirectoryTest = LedgerFixture;

TEST_F(DataDirectoryTest, RefusesASecondHolderAndNamesTheFirst) {
  const DataDirectory first = must(DataDirectory::lock(directory() / "data", "/run/capstan.sock"));
  const auto second = DataDirectory::lock(directory() / "data");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_NE(second.error().message.find("process " + std::to_string(getpid())), std::string::npos)
      << second.error().message;
}

TEST_F(DataDirectoryTest, TellsWhoHoldsItAndWhereToReachThem) {
  EXPECT_FALSE(must(DataDirectory::holder(directory() / "data")));
  {
    const DataDirectory held = must(DataDirectory::lock(directory() / "data", "/run/capstan.sock"));
    const auto holder = must(DataDirectory::holder(directory() / "data"));
    ASSERT_TRUE(holder);
    EXPECT_EQ(holder->pid, getpid());
    EXPECT_EQ(holder->socket_path, "/run/capstan.sock");
  }
  EXPECT_FALSE(must(DataDirectory::holder(directory() / "data")));
}

TEST_F(DataDirectoryTest, IsFreeAgainWhenItsHolderWasKilled) {
  const std::filesystem::path data = directory() / "data";
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto held = DataDirectory::lock(data);
    const char answer = held ? 'y' : 'n';
    if (write(pipes[1], &answer, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(pipes[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_FALSE(DataDirectory::lock(data));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(DataDirectory::lock(data));
  ::close(pipes[0]);
  ::close(pipes[1]);
}

TEST_F(DataDirectoryTest, IsCreatedForItsOwnerOnly) {
  const DataDirectory held = must(DataDirectory::lock(directory() / "a" / "b"));
  struct stat status = {};
  ASSERT_EQ(stat(held.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
}

TEST_F(DataDirectoryTest, SaysWhyItCannotBeCreated) {
  std::ofstream(directory() / "file") << "x";
  const auto result = DataDirectory::lock(directory() / "file" / "data");
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("cannot create the data directory"), std::string::npos);
}

}  // namespace
}  // namespace capstan::ledger
