#include "connect/host/process_table.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace capstan::host {
namespace {

TEST(ProcessTable, DoesNotTakeForEndedWhatItCannotLookAt) {
  auto table = ProcessTable::open("/proc");
  ASSERT_TRUE(table) << table.error().to_string();
  ASSERT_TRUE(table->look(Time(), Duration(1'000)));
  ASSERT_TRUE(table->processes().contains(::getpid()));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const Status looked = table->look(Time(), Duration(2'000));
  ::setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_TRUE(looked) << looked.error().to_string();
  EXPECT_TRUE(table->processes().contains(::getpid()));
  EXPECT_TRUE(table->ended().empty());
  ASSERT_TRUE(table->look(Time(), Duration(3'000)));
  EXPECT_TRUE(table->processes().contains(::getpid())) << "and it goes on with what it knew";
}

}  // namespace
}  // namespace capstan::host
