// Reads systemd's journal, where there is one. libsystemd is loaded when it is needed, so that Capstan runs without.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/sample.h"

namespace capstan::host {

// Not thread-safe.
class JournalReader {
 public:
  // Reads the journal in `directory`, with "" this machine's. Goes on after `cursor`; with "" at the journal's end.
  // kUnimplemented where there is no libsystemd, kNotFound where there is no journal.
  static Result<JournalReader> open(const std::string& host, const std::string& directory, const std::string& cursor);
  JournalReader(JournalReader&&) noexcept;
  ~JournalReader();

  // The next entries, at most `limit`. Labels: unit, stream, level, instance.
  Result<std::vector<LogLine>> read(size_t limit);
  // Where reading stands, to be stored.
  const std::string& cursor() const { return cursor_; }

 private:
  class Library;
  JournalReader(std::string host, std::unique_ptr<Library> library, void* journal, std::string cursor);
  std::string field(const char* name) const;
  void note_cursor();

  std::string host_;
  std::unique_ptr<Library> library_;
  void* journal_ = nullptr;
  std::string cursor_;
};

}  // namespace capstan::host
