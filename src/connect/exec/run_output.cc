#include "connect/exec/run_output.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/fit.h"
#include "base/trim.h"

namespace capstan::exec {
namespace {

constexpr size_t kHead = 768 << 10;  // A plan as JSON is large.
constexpr size_t kTail = 256 << 10;
constexpr size_t kErrorHead = 8 << 10;
constexpr size_t kErrorTail = 24 << 10;
constexpr size_t kLongestLine = 4'096;
constexpr size_t kMostLooks = 200;  // At the newest lines of a piece: a flood of lines must not hold anything up.
constexpr size_t kLongestSaying = 200;

std::string_view last_said(std::string_view text) {
  text = trim(text);
  return trim(text.substr(text.rfind('\n') + 1));
}

}  // namespace

RunOutput::RunOutput(const std::vector<std::string>& secrets, std::shared_ptr<const re2::RE2> progress, Printed printed,
                     Progressed progressed)
    : out_{StreamMask(secrets), {}, HeadTail(kHead, kTail), {}},
      err_{StreamMask(secrets), {}, HeadTail(kErrorHead, kErrorTail), {}},
      progress_(std::move(progress)),
      printed_(std::move(printed)),
      progressed_(std::move(progressed)) {}

void RunOutput::take(OutputStream from, std::string_view bytes) {
  Stream& stream = from == OutputStream::kStdout ? out_ : err_;
  show(stream, stream.cleaner.take(stream.mask.take(bytes)));
}

void RunOutput::finish() {
  for (Stream* stream : {&out_, &err_}) {
    show(*stream, stream->cleaner.take(stream->mask.finish()));
    show(*stream, stream->cleaner.finish());
    if (!stream->line.empty()) look_for_progress(*stream, "\n");
  }
}

void RunOutput::show(Stream& stream, std::string_view text) {
  if (text.empty()) return;
  stream.kept.append(text);
  if (printed_) printed_(text);
  look_for_progress(stream, text);
}

void RunOutput::look_for_progress(Stream& stream, std::string_view text) {
  if (!progress_ || !progressed_) return;
  const size_t end = text.rfind('\n');
  const std::string_view rest = end == std::string_view::npos ? text : text.substr(end + 1);
  if (end != std::string_view::npos) {
    const std::string lines = std::exchange(stream.line, {}) + std::string(text.substr(0, end));
    std::string_view left = lines;
    for (size_t looks = 0; looks < kMostLooks && !left.empty(); ++looks) {
      const size_t begin = left.rfind('\n') + 1;
      const std::string_view line = left.substr(begin, kLongestLine);
      std::string done, of;
      const bool counts = progress_->NumberOfCapturingGroups() == 2;
      const bool told = counts ? re2::RE2::PartialMatch(line, *progress_, &done, &of)
                               : re2::RE2::PartialMatch(line, *progress_, &done);
      if (told) {
        progressed_({.done = std::atof(done.c_str()),
                     .of = counts ? std::atof(of.c_str()) : 100,
                     .says = fit_text(trim(line), kLongestSaying)});
        break;
      }
      left = begin == 0 ? std::string_view() : left.substr(0, begin - 1);
    }
  }
  if (stream.line.size() < kLongestLine) stream.line += rest.substr(0, kLongestLine);
}

std::string RunOutput::last_line() const {
  for (const Stream* stream : {&err_, &out_}) {
    const std::string text = stream->kept.text();
    const std::string_view said = last_said(text);
    if (!said.empty()) return fit_text(said, kLongestSaying);
  }
  return "";
}

}  // namespace capstan::exec
