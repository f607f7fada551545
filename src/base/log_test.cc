#include "base/log.h"

#include <gtest/gtest.h>

namespace capstan::log {
namespace {

TEST(Log, EscapesWhatCouldForgeALine) {
  testing::internal::CaptureStderr();
  warning("test", "one\ntwo \x1b[31m");
  EXPECT_NE(testing::internal::GetCapturedStderr().find("test: one\\x0atwo \\x1b[31m\n"), std::string::npos);
}

TEST(Log, LeavesOutWhatTheFilterTakesOut) {
  set_filter([](std::string_view message) {
    std::string text(message);
    if (const size_t at = text.find("hunter2"); at != std::string::npos) text.replace(at, 7, "***");
    return text;
  });
  testing::internal::CaptureStderr();
  error("test", "the token hunter2 is refused");
  set_filter({});
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("the token *** is refused"), std::string::npos) << said;
  EXPECT_EQ(said.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace capstan::log
