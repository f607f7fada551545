#include "loop/manifest_watch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <semaphore>

namespace capstan::loop {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);

class NoSecrets final : public SecretStore {
 public:
  Result<Secret> get(std::string_view) const override { return fail(ErrorCode::kNotFound, "none here"); }
};

class ManifestWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "capstan-manifests-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // One whose looks end early: there is no catalog to compare with.
  ManifestWatch::Parts parts() {
    return {.clock = clock_,
            .secrets = secrets_,
            .finder = DriftFinder({}),
            .catalog = []() -> Result<catalog::CatalogReader> { return fail(ErrorCode::kUnavailable, "no catalog"); },
            .directory = directory_ / "checkouts",
            .found = [](Findings) {},
            .report = [this](const std::string&, const std::string&) { looks_.release(); }};
  }

  std::filesystem::path directory_;
  VirtualClock clock_{from_unix_ms(1'000)};
  NoSecrets secrets_;
  std::counting_semaphore<> looks_{0};
};

TEST_F(ManifestWatchTest, LooksAtOnceWhenAskedTo) {
  ManifestWatch watch(parts());
  watch.apply({{.name = "shop", .repository = directory_.string(), .every = std::chrono::hours(1)}});
  ASSERT_TRUE(looks_.try_acquire_for(kPatience));
  clock_.advance(Duration(5'000));
  watch.look();
  ASSERT_TRUE(looks_.try_acquire_for(kPatience));
  const Json state = watch.state()["manifests"].items()[0];
  EXPECT_EQ(state["looked"], Json(format_time(clock_.now())));
  EXPECT_TRUE(state["compared"].is_null());
  EXPECT_NE(state["error"], Json(""));
}

}  // namespace
}  // namespace capstan::loop
