// Runs other programs: with a time limit, as another user, with captured output, and never leaving children behind.
#pragma once

#include <sys/types.h>

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/time.h"

namespace capstan {

enum class OutputStream { kStdout, kStderr };

struct ProgramSpec {
  // The program and its arguments; no shell is involved. argv[0] is a path, or a name looked up in PATH of
  // `environment`.
  std::vector<std::string> argv;
  // The whole environment of the program: nothing is inherited.
  std::vector<std::pair<std::string, std::string>> environment = {
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, {"LANG", "C.UTF-8"}};
  std::string directory = "/";
  std::string user;             // A user's name; "" keeps the own one. Groups follow the user.
  Duration time_limit{60'000};  // After it the whole process group is ended.
  Duration grace{2'000};        // Between SIGTERM and SIGKILL.
  std::string input;            // What its standard input holds.
  // Not only its process group ends with the program, at its time limit and when Capstan dies, but whatever it has
  // started, also what has left the group. Costs a process beside it.
  bool whole_family = false;
  // With whole_family, -1 for none: a file that is held open until nothing of the program runs any more, whoever else
  // has closed it, and to which a line is appended that says how the program ended: "exit 3", or "cut off".
  int record_fd = -1;
  size_t output_limit = 1 << 20;  // Bytes kept of each stream; the rest is read, counted and dropped.
  // Called from the calling thread with each piece of output as it arrives; may be empty.
  std::function<void(OutputStream, std::string_view)> on_output;
};

// `argv` for a command line that is meant for the shell.
std::vector<std::string> shell_command(std::string_view command);

struct ProgramOutcome {
  enum class End {
    kExited,     // By itself; exit_code is valid.
    kSignalled,  // By a signal that was not ours; signal is valid.
    kTimedOut,   // The time limit passed and it was ended.
    kCancelled,  // Stop was requested and it was ended.
  };
  End end = End::kExited;
  int exit_code = 0;
  int signal = 0;
  std::string out;
  std::string err;
  uint64_t dropped_bytes = 0;  // Output beyond the limit.
  bool left_some = false;      // With whole_family: something that it started could not be ended.
  Duration took{0};

  bool succeeded() const { return end == End::kExited && exit_code == 0; }
  // "exited with code 3", "was killed by signal 9 (Killed)", "was ended after its time limit of 5s".
  std::string describe(const ProgramSpec& spec) const;
};

// Runs a program and waits for it. It leads a process group of its own, and whatever is left of the group when it ends
// is killed. When Capstan dies, so does the program: nobody would end it at its time limit. What it has started goes
// with it only where `whole_family` says so; then everything has the time between SIGTERM and SIGKILL even so. An error
// means that the program did not start. Thread-safe.
Result<ProgramOutcome> run_program(const ProgramSpec& spec, const Clock& clock, const std::stop_token& stop);

// Starts a program that is to outlive its starter: in a session of its own, adopted by init. Output is appended to
// the two files ("" discards it). Time and output limits do not apply. Gives its process id. Thread-safe.
Result<pid_t> start_detached(const ProgramSpec& spec, const std::string& out_path, const std::string& err_path);

}  // namespace capstan
