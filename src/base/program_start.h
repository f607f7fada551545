// What happens between deciding to run a program and the program running: shared by those who run programs
// (base/subprocess.h) and whoever keeps them (base/program_keeper.h). Nobody else includes this.
#pragma once

#include <sys/types.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_handle.h"
#include "base/result.h"
#include "base/subprocess.h"

namespace capstan::program_start {

struct Identity {
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;
};

// Everything the child needs, made before the fork: between fork and exec only async-signal-safe calls are allowed.
// Points into the spec that it was made of.
struct Prepared {
  std::string executable;
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::optional<Identity> identity;
  std::string directory;
  pid_t outlived_by = -1;  // Whose death is the program's; -1: it lives on.
};

Result<Prepared> prepare(const ProgramSpec& spec);

// Runs in the child. The three descriptors become 0, 1 and 2. What fails is told to `report_fd`, which exec closes.
[[noreturn]] void become_program(const Prepared& prepared, std::array<int, 3> streams, int report_fd);
// Tells what failed, by errno and the number of the step, and ends the process.
inline constexpr int kStepFork = 5;
[[noreturn]] void give_up(int report_fd, int step);
// What was told there, once it is closed; an error names the executable and the step that failed.
Status read_report(int fd, const std::string& executable);

Result<std::array<FileHandle, 2>> make_pipe();
// A child must not inherit a standard descriptor's number for its report pipe: dup2 would overwrite it.
Result<FileHandle> above_standard(FileHandle handle);
// A descriptor to read `input` from; /dev/null for none.
Result<FileHandle> open_input(std::string_view input);

// Waits for a byte. False when the other end was closed instead. Async-signal-safe.
bool wait_for_go(int fd);
void reap(pid_t pid);

}  // namespace capstan::program_start
