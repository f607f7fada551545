#include "model/policy_subject.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(PolicySubject, IsReadBackAsThePolicyItIsOf) {
  EXPECT_EQ(policy_subject("core-time"), "policy:core-time");
  EXPECT_EQ(policy_of_subject(policy_subject("core-time")), "core-time");
  EXPECT_EQ(policy_of_subject("policy:a:b"), "a:b");
}

TEST(PolicySubject, IsNoPolicysForWhatElseThereIs) {
  for (const char* subject : {"", "capstan", "incident:inc-12", "user:policy:x", "policy"})
    EXPECT_EQ(policy_of_subject(subject), "") << subject;
}

}  // namespace
}  // namespace capstan
