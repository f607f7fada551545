#include "telemetry/metrics/snapshot.h"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <system_error>

#include "base/file.h"
#include "telemetry/storage/file_handle.h"

namespace capstan::telemetry {
namespace {

constexpr std::string_view kMagic = "CAPSNP1\n";
constexpr std::string_view kSuffix = ".snapshot";
constexpr size_t kRecordBytes = 1 << 20;

uint64_t segment_of(const std::filesystem::path& path) {
  const std::string stem = path.stem().string();
  uint64_t number = 0;
  std::from_chars(stem.data(), stem.data() + stem.size(), number);
  return number;
}

Status write_records(const std::filesystem::path& path, const Head& head) {
  FileHandle file = TRY(FileHandle::create(path));
  TRY(file.write_at(kMagic, 0));
  uint64_t offset = kMagic.size();
  Status status;
  head.snapshot(kRecordBytes, [&](std::string record) {
    if (!status) return;
    std::string framed;
    frame_record(record, framed);
    status = file.write_at(framed, offset);
    offset += framed.size();
  });
  TRY(std::move(status));
  return file.sync();
}

}  // namespace

Status write_snapshot(const std::filesystem::path& directory, uint64_t segment, const Head& head) {
  const std::vector<std::filesystem::path> older = TRY(list_files(directory, kSuffix));
  const std::filesystem::path path = directory / fmt::format("{:08}{}", segment, kSuffix);
  const std::filesystem::path draft = path.string() + ".new";
  std::error_code error;
  if (Status status = write_records(draft, head); !status) {
    std::filesystem::remove(draft, error);
    return status;
  }
  std::filesystem::rename(draft, path, error);
  if (error) {
    return fail(errno_code(error.value()), fmt::format("cannot rename {}: {}", draft.string(), error.message()));
  }
  TRY(sync_directory(directory));
  for (const std::filesystem::path& old : older) {
    if (old != path) std::filesystem::remove(old, error);
  }
  return {};
}

Result<uint64_t> read_snapshot(const std::filesystem::path& directory,
                               const std::function<bool(std::string_view payload)>& use, ReplayReport& report) {
  const std::vector<std::filesystem::path> files = TRY(list_files(directory, kSuffix));
  if (files.empty()) return uint64_t{0};
  const std::filesystem::path& newest = files.back();
  const MappedFile file = TRY(MappedFile::open(newest));
  const std::string_view bytes = file.bytes();
  size_t good = 0;
  if (bytes.starts_with(kMagic)) good = kMagic.size() + read_records(bytes.substr(kMagic.size()), use);
  report.bytes += good;
  if (good < bytes.size()) {
    report.lost_bytes += bytes.size() - good;
    report.problems.push_back(fmt::format("{}: {} of {} bytes after byte {} are damaged; what they held is lost",
                                          newest.string(), bytes.size() - good, bytes.size(), good));
  }
  return segment_of(newest);
}

}  // namespace capstan::telemetry
