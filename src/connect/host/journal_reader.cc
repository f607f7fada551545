#include "connect/host/journal_reader.h"

#include <dlfcn.h>
#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/clean_text.h"
#include "base/file.h"
#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

constexpr int kLocalOnly = 1;  // SD_JOURNAL_LOCAL_ONLY

bool has_journal(const std::string& directory) {
  struct stat status{};
  if (!directory.empty()) return ::stat(directory.c_str(), &status) == 0;
  return ::stat("/run/log/journal", &status) == 0 || ::stat("/var/log/journal", &status) == 0;
}

// syslog(3): 0 emergency … 3 error, 4 warning, 5 notice, 6 info, 7 debug.
std::string level_of_priority(std::string_view priority) {
  constexpr std::array<std::string_view, 8> kLevels = {"error",   "error", "error", "error",
                                                       "warning", "info",  "info",  "debug"};
  const auto number = parse_number<size_t>(priority);
  return number && *number < kLevels.size() ? std::string(kLevels[*number]) : "";
}

}  // namespace

// The functions of sd-journal(3) that are used here.
class JournalReader::Library {
 public:
  static std::unique_ptr<Library> load() {
    void* handle = ::dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return nullptr;
    auto library = std::unique_ptr<Library>(new Library(handle));
    const bool complete = library->take("sd_journal_open", library->open) &&
                          library->take("sd_journal_open_directory", library->open_directory) &&
                          library->take("sd_journal_close", library->close) &&
                          library->take("sd_journal_seek_tail", library->seek_tail) &&
                          library->take("sd_journal_seek_cursor", library->seek_cursor) &&
                          library->take("sd_journal_test_cursor", library->test_cursor) &&
                          library->take("sd_journal_next", library->next) &&
                          library->take("sd_journal_previous", library->previous) &&
                          library->take("sd_journal_get_data", library->get_data) &&
                          library->take("sd_journal_get_realtime_usec", library->get_realtime) &&
                          library->take("sd_journal_get_cursor", library->get_cursor) &&
                          library->take("sd_journal_process", library->process);
    return complete ? std::move(library) : nullptr;
  }
  ~Library() { ::dlclose(handle_); }

  int (*open)(void** journal, int flags) = nullptr;
  int (*open_directory)(void** journal, const char* path, int flags) = nullptr;
  void (*close)(void* journal) = nullptr;
  int (*seek_tail)(void* journal) = nullptr;
  int (*seek_cursor)(void* journal, const char* cursor) = nullptr;
  int (*test_cursor)(void* journal, const char* cursor) = nullptr;
  int (*next)(void* journal) = nullptr;
  int (*previous)(void* journal) = nullptr;
  int (*get_data)(void* journal, const char* field, const void** data, size_t* length) = nullptr;
  int (*get_realtime)(void* journal, uint64_t* microseconds) = nullptr;
  int (*get_cursor)(void* journal, char** cursor) = nullptr;
  int (*process)(void* journal) = nullptr;

 private:
  explicit Library(void* handle) : handle_(handle) {}
  template <class Function>
  bool take(const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(handle_, name));
    return function != nullptr;
  }
  void* handle_;
};

JournalReader::JournalReader(std::string host, std::unique_ptr<Library> library, void* journal, std::string cursor)
    : host_(std::move(host)), library_(std::move(library)), journal_(journal), cursor_(std::move(cursor)) {}
JournalReader::JournalReader(JournalReader&& other) noexcept
    : host_(std::move(other.host_)),
      library_(std::move(other.library_)),
      journal_(std::exchange(other.journal_, nullptr)),
      cursor_(std::move(other.cursor_)) {}
JournalReader::~JournalReader() {
  if (journal_ != nullptr) library_->close(journal_);
}

Result<JournalReader> JournalReader::open(const std::string& host, const std::string& directory,
                                          const std::string& cursor) {
  if (!has_journal(directory)) return fail(ErrorCode::kNotFound, "there is no journal on this machine");
  auto library = Library::load();
  if (!library) return fail(ErrorCode::kUnimplemented, "the journal is not read: libsystemd is not installed");
  void* journal = nullptr;
  const auto refuse = [](std::string_view what, int number) {
    return fail(errno_code(-number), "cannot " + std::string(what) + " the journal: " + errno_text(-number));
  };
  const int opened =
      directory.empty() ? library->open(&journal, kLocalOnly) : library->open_directory(&journal, directory.c_str(), 0);
  if (opened < 0) return refuse("open", opened);
  JournalReader reader(host, std::move(library), journal, cursor);
  const Library& functions = *reader.library_;
  if (cursor.empty()) {
    if (const int sought = functions.seek_tail(journal); sought < 0) return refuse("seek the end of", sought);
    if (functions.previous(journal) > 0) reader.note_cursor();  // On the last entry, so that the next one is a new one.
    return reader;
  }
  if (const int sought = functions.seek_cursor(journal, cursor.c_str()); sought < 0) return refuse("seek in", sought);
  // Seeking stands before the entry or, when it was vacuumed away, before its successor, which is new.
  if (functions.next(journal) > 0 && functions.test_cursor(journal, cursor.c_str()) <= 0) functions.previous(journal);
  return reader;
}

std::string JournalReader::field(const char* name) const {
  const void* data = nullptr;
  size_t length = 0;
  if (library_->get_data(journal_, name, &data, &length) < 0) return "";
  const std::string_view text(static_cast<const char*>(data), length);
  const size_t equals = text.find('=');
  return equals == std::string_view::npos ? "" : std::string(text.substr(equals + 1));
}

void JournalReader::note_cursor() {
  char* at = nullptr;
  if (library_->get_cursor(journal_, &at) >= 0 && at != nullptr) cursor_ = at;
  std::free(at);
}

Result<std::vector<LogLine>> JournalReader::read(size_t limit) {
  std::vector<LogLine> lines;
  library_->process(journal_);  // Notices new and rotated files.
  while (lines.size() < limit) {
    const int moved = library_->next(journal_);
    if (moved < 0) return fail(errno_code(-moved), "cannot read the journal: " + errno_text(-moved));
    if (moved == 0) break;
    uint64_t microseconds = 0;
    library_->get_realtime(journal_, &microseconds);
    std::string unit = field("_SYSTEMD_UNIT");
    if (unit.empty()) unit = field("SYSLOG_IDENTIFIER");
    lines.push_back({.at = from_unix_ms(static_cast<int64_t>(microseconds / 1000)),
                     .labels = Labels({{"filename", "journal"},
                                       {"instance", host_},
                                       {"unit", unit},
                                       {"stream", field("_TRANSPORT") == "stdout" ? "stdout" : ""},
                                       {"level", level_of_priority(field("PRIORITY"))}}),
                     .text = clean_line(field("MESSAGE"))});
    note_cursor();
  }
  return lines;
}

}  // namespace capstan::host
