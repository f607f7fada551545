// Gives what systemd's journal gains to a sink, each entry once, also across restarts.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "connect/host/journal_reader.h"
#include "model/signal.h"

namespace capstan::host {

struct JournalFollowerOptions {
  std::string host;        // Label `instance`.
  std::string directory;   // Empty: this machine's journal.
  std::string state_file;  // Where the cursor is kept; "" keeps none.
};

// Not thread-safe.
class JournalFollower {
 public:
  // `sink` must outlive this.
  JournalFollower(JournalFollowerOptions options, LogSink& sink) : options_(std::move(options)), sink_(sink) {}

  // Takes the entries since the last call; more than a limit wait for the next. That there is no journal, or nothing to
  // read it with, is no error; it is looked for anew at every call.
  Status poll();

 private:
  Status open();
  Status save_cursor();

  JournalFollowerOptions options_;
  LogSink& sink_;
  std::optional<JournalReader> reader_;
  std::string saved_;
};

}  // namespace capstan::host
