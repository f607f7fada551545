#include "connect/kubernetes/gitops/sync_pause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::kubernetes {
namespace {

using testing::HasSubstr;

TEST(StopNote, IsReadAsItWasWritten) {
  const StopNote note{.replicas = 3,
                      .paused = {{.way = SyncPause::Way::kFlux, .of = {"flux-system", "shop"}},
                                 {.way = SyncPause::Way::kApplication, .of = {"argocd", "shop"}}}};
  EXPECT_EQ(note.text(), R"({"paused":[{"by":"flux","name":"shop","namespace":"flux-system"},)"
                         R"({"by":"argocd","name":"shop","namespace":"argocd"}],"replicas":3})");
  EXPECT_EQ(*StopNote::parse(note.text()), note);
}

TEST(StopNote, SaysWhatIsWrongWithWhatSomebodyElseWrote) {
  for (const auto& [text, says] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "no JSON object"},
           {"[]", "no JSON object"},
           {"{}", "'replicas' must be"},
           {R"({"replicas":-1})", "'replicas' must be"},
           {R"({"replicas":9999999999})", "'replicas' must be"},
           {R"({"replicas":1.5})", "'replicas' must be"},
           {R"({"replicas":1,"paused":[{"by":"me","name":"x"}]})", "'by' of 'paused'"},
           {R"({"replicas":1,"paused":[{"by":"flux"}]})", "'name' of 'paused'"}}) {
    const auto note = StopNote::parse(text);
    ASSERT_FALSE(note.has_value()) << text;
    EXPECT_EQ(note.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(note.error().message, HasSubstr(says));
    EXPECT_THAT(note.error().message, HasSubstr("capstan/stopped"));
  }
}

}  // namespace
}  // namespace capstan::kubernetes
