#include "connect/host/journal_follower.h"

#include "base/file.h"

namespace capstan::host {
namespace {

constexpr size_t kEntriesAtOnce = 5'000;

}  // namespace

Status JournalFollower::open() {
  if (saved_.empty() && !options_.state_file.empty()) {
    auto stored = capstan::read_file(options_.state_file);
    if (!stored && stored.error().code != ErrorCode::kNotFound) return fail(stored.error());
    if (stored) saved_ = *stored;
  }
  auto opened = JournalReader::open(options_.host, options_.directory, saved_);
  if (opened) {
    reader_.emplace(std::move(*opened));
    return save_cursor();
  }
  const ErrorCode code = opened.error().code;
  if (code == ErrorCode::kNotFound || code == ErrorCode::kUnimplemented) return {};
  return fail(opened.error());
}

Status JournalFollower::save_cursor() {
  if (reader_->cursor() == saved_) return {};
  saved_ = reader_->cursor();
  return options_.state_file.empty() ? Status() : write_file_atomically(options_.state_file, saved_, 0600);
}

Status JournalFollower::poll() {
  if (!reader_) TRY(open());
  if (!reader_) return {};
  auto lines = reader_->read(kEntriesAtOnce);
  if (!lines) {
    reader_.reset();  // Opened anew, it goes on after the last entry that the sink has taken.
    return fail(lines.error());
  }
  if (lines->empty()) return {};
  if (Status taken = sink_.append(std::move(*lines)); !taken) {
    reader_.reset();
    return taken;
  }
  return save_cursor();
}

}  // namespace capstan::host
