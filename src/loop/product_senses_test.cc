#include "loop/product_senses.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "base/clock.h"

namespace capstan::loop {
namespace {

constexpr std::string_view kProducts = R"(
product: reader
kind: reader_server
process: { names: [tail], arguments: ["reader.ini"] }
files:
  - { file: main, format: ini, paths: ["{argument -f}"] }
settings:
  - { name: threads, path: pool/threads, type: integer }
)";

// A program of this machine plays the server: it stays, and is given its file as an argument.
class ProductSensesTest : public testing::Test {
 protected:
  ProductSensesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-senses-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    write("[pool]\nthreads = 8\n", Duration(-60'000));
    host::HostConfig config;
    config.name = "testhost";
    state_ = std::move(*host::HostState::open(std::move(config), clock_));
    const product::ProductFile file{.path = "products.yaml", .text = std::string(kProducts)};
    senses_ = std::make_unique<ProductSenses>(product::read_products(std::span(&file, 1)).products);
  }
  ~ProductSensesTest() override {
    end();
    std::filesystem::remove_all(directory_);
  }

  std::string file() const { return directory_ / "reader.ini"; }
  // Writes the server's file; it was changed so long after now.
  void write(std::string_view text, Duration after) {
    std::ofstream(file()) << text;
    std::filesystem::last_write_time(file(), std::filesystem::file_time_type::clock::now() + after);
  }
  void begin() {
    const std::string path = file();
    std::vector<std::string> words = {"tail", "-f", path};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    ASSERT_EQ(posix_spawnp(&pid_, "tail", &quiet, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&quiet);
    // The kernel lets this process go on before it has set the other one's arguments.
    std::string words_seen;
    while (words_seen.empty()) std::getline(std::ifstream(fmt::format("/proc/{}/cmdline", pid_)), words_seen);
  }
  void end() {
    if (pid_ == 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  // What is seen of the server, so long after now.
  std::optional<Resource> look(Duration after = Duration(0)) {
    EXPECT_TRUE(state_->look(clock_.now()));
    seen_ = senses_->observe(*state_, clock_.now() + after);
    for (const Resource& resource : seen_.resources) {
      if (resource.fields["config_file"].string_or_empty() == file()) return resource;
    }
    return std::nullopt;
  }

  SystemClock clock_;
  std::filesystem::path directory_;
  std::unique_ptr<host::HostState> state_;
  std::unique_ptr<ProductSenses> senses_;
  Observation seen_;
  pid_t pid_ = 0;
};

TEST_F(ProductSensesTest, ARunningServerIsKnownWithItsSettingsAndItsProcess) {
  begin();
  const std::optional<Resource> server = look();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->id, fmt::format("reader_server/testhost:{}", file()));
  EXPECT_EQ(server->fields["threads"].int_or(0), 8);
  EXPECT_EQ(server->fields["threads_at"].string_or_empty(), file() + ":2");
  EXPECT_EQ(server->fields["pid"].int_or(0), pid_);
  EXPECT_TRUE(server->fields["running"].bool_or(false));
  ASSERT_EQ(seen_.relations.size(), 1u);
  EXPECT_EQ(seen_.relations[0].kind, "runs_as");
  EXPECT_EQ(seen_.relations[0].target, server->fields["process"].string_or_empty());
}

TEST_F(ProductSensesTest, AChangeWaitsUntilTheServerHasTakenItIn) {
  begin();
  ASSERT_TRUE(look());
  write("[pool]\n# raised\nthreads = 16\n", Duration(10'000));
  const std::optional<Resource> changed = look();
  ASSERT_TRUE(changed);
  ASSERT_EQ(changed->fields["pending"].items().size(), 1u);
  const Json& pending = changed->fields["pending"].items()[0];
  EXPECT_EQ(pending["name"].string_or_empty(), "threads");
  EXPECT_EQ(pending["at"].string_or_empty(), file() + ":3");
  EXPECT_EQ(pending["was"].string_or_empty(), "8");
  EXPECT_EQ(pending["wanted"].string_or_empty(), "16");

  end();
  write("[pool]\n# raised\nthreads = 16\n", Duration(-60'000));
  begin();
  const std::optional<Resource> restarted = look();
  ASSERT_TRUE(restarted);
  EXPECT_TRUE(restarted->fields["pending"].is_null());
  EXPECT_EQ(restarted->fields["threads"].int_or(0), 16);
}

TEST_F(ProductSensesTest, AServerThatHasEndedIsRememberedForAnHour) {
  begin();
  ASSERT_TRUE(look());
  end();
  const std::optional<Resource> ended = look();
  ASSERT_TRUE(ended);
  EXPECT_FALSE(ended->fields["running"].bool_or(true));
  EXPECT_TRUE(seen_.relations.empty());
  EXPECT_TRUE(look(std::chrono::minutes(59)));
  EXPECT_FALSE(look(std::chrono::minutes(61)));
}

TEST_F(ProductSensesTest, WhileAFileIsBeingReplacedTheLastReadingHolds) {
  begin();
  ASSERT_TRUE(look());
  std::filesystem::remove(file());
  const std::optional<Resource> server = look();
  ASSERT_TRUE(server);
  EXPECT_EQ(server->fields["threads"].int_or(0), 8);
}

}  // namespace
}  // namespace capstan::loop
