// What is on disk of a run of a program, so that a crash of Capstan leaves nobody guessing: whether it has begun,
// whether anything of it still runs, and how it ended.
//
// A record is a small file of lines, of which the last counts: "prepared" before the intent, "started" before the
// program begins, "exit 3" or "cut off" written by the program's keeper (base/subprocess.h). The keeper holds its lock
// until nothing of the program runs any more, also when Capstan is gone.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file_handle.h"
#include "base/result.h"

namespace capstan::exec {

enum class RunState {
  kNone,      // There is no record.
  kPrepared,  // It has not begun.
  kStarted,   // It began; nobody knows how it ended.
  kExited,    // By itself; the exit code is known.
  kCutOff,    // It was ended, or killed.
};

struct RunEnd {
  RunState state = RunState::kNone;
  int exit_code = 0;
};

// One run that goes on; while it lives, nobody else can begin or read it.
class RunRecord {
 public:
  // What an open record is appended to.
  int fd() const { return file_.get(); }
  // It was to begin, and could not.
  void not_started();

 private:
  friend class RunRecords;
  explicit RunRecord(FileHandle file) : file_(std::move(file)) {}
  FileHandle file_;
};

// The directory of all of them. Thread-safe.
class RunRecords {
 public:
  // `clock` must outlive it. The directory is made when it is not there, for its owner only.
  RunRecords(std::filesystem::path directory, const Clock& clock) : directory_(std::move(directory)), clock_(clock) {}

  // Names are of letters, digits, '-' and '.'; others are kInvalidArgument.
  Status prepare(std::string_view name) const;

  // "started", durable. Waits at most `patience` for whatever still runs under that name (kUnavailable then). With
  // `first` a run that has begun before, or has no record, is not begun again (kFailedPrecondition).
  Result<RunRecord> begin(std::string_view name, bool first, Duration patience) const;

  // How it ended; waits as above.
  Result<RunEnd> read(std::string_view name, Duration patience) const;

  // Takes away those that nobody has written to for so long.
  void forget_older_than(Duration age) const;

 private:
  Result<std::filesystem::path> path_of(std::string_view name) const;
  Result<FileHandle> open_locked(const std::filesystem::path& path, int flags, Duration patience) const;

  std::filesystem::path directory_;
  const Clock& clock_;
};

}  // namespace capstan::exec
