#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace capstan {
namespace {

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "capstan-file-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
};

TEST_F(FileTest, ReplacesAWholeFile) {
  const auto path = directory_ / "a.txt";
  ASSERT_TRUE(write_file_atomically(path, "old", 0600));
  ASSERT_TRUE(write_file_atomically(path, "new content", 0600));
  EXPECT_EQ(read_file(path).value(), "new content");
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".new"));
}

TEST_F(FileTest, RefusesAFileBeyondTheLimit) {
  ASSERT_TRUE(write_file_atomically(directory_ / "a", std::string(100, 'x')));
  const auto content = read_file(directory_ / "a", 99);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(read_file(directory_ / "a", 100));
}

TEST_F(FileTest, NamesTheFileThatIsMissing) {
  const auto content = read_file(directory_ / "nothing");
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::kNotFound);
  EXPECT_NE(content.error().message.find("nothing"), std::string::npos);
}

TEST_F(FileTest, ListsBySuffixInOrder) {
  std::filesystem::create_directories(directory_ / "sub");
  for (const char* name : {"b.yaml", "a.yaml", "c.txt", "sub/d.yaml"}) std::ofstream(directory_ / name) << "x";
  const auto files = list_files(directory_, ".yaml");
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 3u);
  EXPECT_EQ(files->front().filename(), "a.yaml");
  EXPECT_FALSE(list_files(directory_ / "absent", ".yaml"));
}

}  // namespace
}  // namespace capstan
