#include "connect/exec/allowed_program.h"

#include "connect/exec/program_test_kit.h"

namespace capstan::exec {
namespace {

class AllowedProgram : public ProgramTest {
 protected:
  AllowedProgram() {
    ::mkdir(file("bin").c_str(), 0755);
    std::ofstream(file("bin/tool")) << "#!/bin/sh\n";
    ::chmod(file("bin/tool").c_str(), 0755);
    settings_.programs = {file("bin/tool")};
  }
  ErrorCode refused() const {
    const auto found = find_allowed_program(settings_, "tool");
    return found ? ErrorCode::kInternal : found.error().code;
  }
};

TEST_F(AllowedProgram, IsFoundByItsNameOrItsPath) {
  EXPECT_EQ(find_allowed_program(settings_, "tool").value(), file("bin/tool"));
  EXPECT_EQ(find_allowed_program(settings_, file("bin/tool")).value(), file("bin/tool"));
  EXPECT_EQ(find_allowed_program(settings_, "/bin/tool").error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(find_allowed_program(settings_, "ool").error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(find_allowed_program(settings_, "").error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(find_allowed_program({}, "sh").error().code, ErrorCode::kFailedPrecondition);
}

TEST_F(AllowedProgram, IsRefusedWhereOthersMayChangeIt) {
  ::chmod(file("bin/tool").c_str(), 0775);
  EXPECT_EQ(refused(), ErrorCode::kPermissionDenied);
  ::chmod(file("bin/tool").c_str(), 0755);
  ::chmod(file("bin").c_str(), 0777);
  EXPECT_EQ(refused(), ErrorCode::kPermissionDenied);
  ::chmod(file("bin").c_str(), 0755);
  ASSERT_TRUE(find_allowed_program(settings_, "tool").has_value());
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(file("bin/tool").c_str(), 65534, 65534), 0);
  EXPECT_EQ(refused(), ErrorCode::kPermissionDenied);
  ASSERT_EQ(::chown(file("bin/tool").c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(directory_.c_str(), 65534, 65534), 0);
  EXPECT_EQ(refused(), ErrorCode::kPermissionDenied);
}

TEST_F(AllowedProgram, IsLookedAtWhereItsLinkLeads) {
  ::mkdir(file("real").c_str(), 0755);
  std::ofstream(file("real/tool")) << "#!/bin/sh\n";
  ::chmod(file("real/tool").c_str(), 0755);
  std::filesystem::remove(file("bin/tool"));
  std::filesystem::create_symlink(file("real/tool"), file("bin/tool"));
  EXPECT_EQ(find_allowed_program(settings_, "tool").value(), file("bin/tool"));
  ::chmod(file("real").c_str(), 0777);
  EXPECT_EQ(refused(), ErrorCode::kPermissionDenied);
}

TEST_F(AllowedProgram, MustBeAProgramThatIsThere) {
  ::chmod(file("bin/tool").c_str(), 0644);
  EXPECT_EQ(refused(), ErrorCode::kFailedPrecondition);
  std::filesystem::remove(file("bin/tool"));
  EXPECT_EQ(refused(), ErrorCode::kNotFound);
  ::mkdir(file("bin/tool").c_str(), 0755);
  EXPECT_EQ(refused(), ErrorCode::kPermissionDenied);
}

TEST_F(AllowedProgram, NobodyIsRootUnlessItIsSaid) {
  settings_.user = "";
  settings_.users = {};
  EXPECT_FALSE(find_allowed_user(settings_, "root").has_value());
  EXPECT_EQ(find_allowed_user(settings_, "").value(), ::geteuid() == 0 ? "nobody" : "");
  settings_.users = {"root"};
  EXPECT_EQ(find_allowed_user(settings_, "root").value(), "root");
}

TEST(ExecSettings, SaysWhatIsWrong) {
  const auto problem = [](std::string_view yaml) {
    const auto read = read_exec_settings(parse_yaml(yaml, "site.yaml")->front());
    return read ? std::string() : read.error().to_string();
  };
  EXPECT_EQ(problem("{ programs: [/usr/bin/git], user: ops, users: [root], directory: /srv }"), "");
  EXPECT_NE(problem("{ programs: [git] }").find("absolute paths"), std::string::npos);
  EXPECT_NE(problem("{ programs: [/usr/bin/git, /opt/git] }").find("two that are called 'git'"), std::string::npos);
  EXPECT_NE(problem("{ directory: srv }").find("absolute path"), std::string::npos);
  EXPECT_NE(problem("{ program: [/usr/bin/git] }").find("programs"), std::string::npos);
}

}  // namespace
}  // namespace capstan::exec
