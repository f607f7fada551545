#include "service/disappearances.h"

#include <gtest/gtest.h>

namespace capstan::service {
namespace {

Observation look(std::vector<ResourceId> ids, bool is_whole = true) {
  Observation observation;
  if (is_whole) observation.complete_kinds = {"cluster"};
  for (ResourceId& id : ids) observation.resources.push_back({.id = std::move(id), .kind = "cluster"});
  return observation;
}

TEST(Disappearances, WhatOneLookMissesIsStillThere) {
  Disappearances all;
  Observation first = look({"a", "b", "c"});
  EXPECT_TRUE(all.weigh(first));
  EXPECT_TRUE(first.complete_kinds.empty());  // What was known before may be missing from it.
  Observation same = look({"a", "b", "c"});
  EXPECT_FALSE(all.weigh(same));
  EXPECT_EQ(same.complete_kinds.size(), 1u);
  EXPECT_TRUE(same.still_there.empty());
  Observation missed = look({"a", "c"});
  EXPECT_TRUE(all.weigh(missed));
  EXPECT_EQ(missed.still_there, std::vector<ResourceId>{"b"});
  // It was passed over: now another one is, and only that one waits.
  Observation other = look({"a", "b"});
  EXPECT_TRUE(all.weigh(other));
  EXPECT_EQ(other.still_there, std::vector<ResourceId>{"c"});
  Observation again = look({"a", "b"});
  EXPECT_FALSE(all.weigh(again));
  EXPECT_TRUE(again.still_there.empty());  // "c" is gone.
}

TEST(Disappearances, ALookThatCouldNotReadEverythingProvesNothing) {
  Disappearances all;
  Observation first = look({"a", "b"});
  all.weigh(first);
  Observation half = look({"a"}, false);
  EXPECT_FALSE(all.weigh(half));
  Observation whole = look({"a"});
  EXPECT_TRUE(all.weigh(whole));
  EXPECT_EQ(whole.still_there, std::vector<ResourceId>{"b"});
}

}  // namespace
}  // namespace capstan::service
