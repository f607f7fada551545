#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <vector>

#include "base/config.h"
#include "base/yaml_text.h"
#include "foresee/object_diff.h"

namespace capstan::foresee {
namespace {

constexpr size_t kMostCells = 20'000'000;

// What a server writes by itself, and is not kept here.
constexpr auto kBookkeeping = std::to_array<std::string_view>(
    {"generation:", "resourceVersion:", "uid:", "creationTimestamp:", "selfLink:", "observedGeneration:",
     "lastUpdateTime:", "lastProbeTime:", "lastHeartbeatTime:", "kubectl.kubernetes.io/last-applied-configuration:"});

std::string_view trimmed(std::string_view line) {
  const size_t start = std::min(line.find_first_not_of(" -"), line.size());
  return line.substr(start);
}

bool is_bookkeeping(std::string_view line) {
  return std::ranges::any_of(kBookkeeping, [&](std::string_view key) { return trimmed(line).starts_with(key); });
}

// Two writers of YAML quote differently.
std::string unquoted(std::string_view line) {
  std::string text(line);
  std::erase_if(text, [](char c) { return c == '"' || c == '\'' || c == '\r'; });
  text.resize(text.find_last_not_of(' ') + 1);
  return text;
}

std::vector<std::string> lines_of(const Json& object) {
  std::vector<std::string> lines;
  const std::string text = yaml_block(object, 0);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

constexpr int kNowhere = -1;

// Which line of the object each old line of a hunk is, so that as many as possible follow each other; `kNowhere` for
// those that are not there. Dynamic programming over pairs of lines, with free ends in the object.
class Alignment {
 public:
  Alignment(const std::vector<std::string>& old_lines, std::span<const std::string> object)
      : old_(old_lines), object_(object), width_(object.size() + 1), score_((old_lines.size() + 1) * width_, 0) {}

  // Where several places fit as well, the one is taken that ends nearest to `expected`.
  std::vector<int> places(size_t expected) {
    for (size_t i = 1; i <= old_.size(); ++i) {
      cell(i, 0) = cell(i - 1, 0) - kLeftOut;
      for (size_t j = 1; j < width_; ++j) {
        cell(i, j) = std::max({cell(i - 1, j) - kLeftOut, cell(i, j - 1) - kSkipped,
                               is_same(i, j) ? cell(i - 1, j - 1) + kSame : INT32_MIN});
      }
    }
    return trace(expected);
  }

 private:
  static constexpr int kSame = 4;
  static constexpr int kLeftOut = 1;
  static constexpr int kSkipped = 1;

  int& cell(size_t i, size_t j) { return score_[i * width_ + j]; }
  bool is_same(size_t i, size_t j) const { return old_[i - 1] == object_[j - 1]; }

  std::vector<int> trace(size_t expected) {
    std::vector<int> places(old_.size(), kNowhere);
    size_t i = old_.size();
    size_t j = 0;
    const auto distance = [&](size_t end) { return end > expected ? end - expected : expected - end; };
    for (size_t end = 0; end < width_; ++end) {
      const bool is_as_good = cell(i, end) == cell(i, j) && distance(end) < distance(j);
      if (cell(i, end) > cell(i, j) || is_as_good) j = end;
    }
    while (i > 0) {
      if (j > 0 && is_same(i, j) && cell(i, j) == cell(i - 1, j - 1) + kSame) {
        places[--i] = static_cast<int>(--j);
      } else if (cell(i, j) == cell(i - 1, j) - kLeftOut) {
        --i;
      } else {
        --j;
      }
    }
    return places;
  }

  const std::vector<std::string>& old_;
  std::span<const std::string> object_;
  size_t width_;
  std::vector<int> score_;
};

// Hunks come in the order of the object's lines.
class DiffApplier {
 public:
  explicit DiffApplier(const Json& object) : lines_(lines_of(object)) {
    for (const std::string& line : lines_) plain_.push_back(unquoted(line));
  }

  // `line` is where the hunk begins in what was compared, counted from 1.
  Status apply(const std::vector<std::string>& hunk, size_t line_number) {
    if (hunk.empty()) return {};
    std::vector<std::string> old_lines;
    for (const std::string& line : hunk) {
      if (line.front() != '+') old_lines.push_back(unquoted(line.substr(1)));
    }
    if (old_lines.size() * (plain_.size() - done_) > kMostCells) {
      return fail(ErrorCode::kResourceExhausted, "the diff of this object is too large");
    }
    const size_t expected_end = line_number + old_lines.size() > done_ ? line_number + old_lines.size() - done_ : 0;
    const std::vector<int> places = Alignment(old_lines, std::span(plain_).subspan(done_)).places(expected_end);
    const auto first = std::ranges::find_if(places, [](int place) { return place != kNowhere; });
    if (first == places.end() && !old_lines.empty()) {
      return fail(ErrorCode::kFailedPrecondition, "the object is not as the diff shows it: it has changed since");
    }
    const size_t begin = first == places.end() ? done_ : done_ + static_cast<size_t>(*first);
    const size_t offset = done_;
    copy_until(begin);
    size_t number = 0;
    for (const std::string& line : hunk) {
      if (line.front() == '+') {
        if (!is_bookkeeping(line.substr(1))) changed_ += line.substr(1) + "\n";
        continue;
      }
      const int place = places[number++];
      if (place != kNowhere) copy_until(offset + static_cast<size_t>(place));
      if (line.front() == ' ') {
        if (place != kNowhere) copy_until(done_ + 1);
      } else if (place != kNowhere) {
        if (is_bookkeeping(line.substr(1))) {
          copy_until(done_ + 1);
        } else {
          ++done_;
        }
      } else if (!is_bookkeeping(line.substr(1))) {
        return fail(ErrorCode::kFailedPrecondition,
                    fmt::format("'{}' is not there any more: the object has changed since the diff was made",
                                trimmed(line.substr(1))));
      }
    }
    return {};
  }

  std::string text() && {
    copy_until(lines_.size());
    return std::move(changed_);
  }

 private:
  void copy_until(size_t end) {
    for (; done_ < end; ++done_) changed_ += lines_[done_] + "\n";
  }

  std::vector<std::string> lines_;
  std::vector<std::string> plain_;  // For comparison.
  size_t done_ = 0;                 // Lines that have been copied or left out.
  std::string changed_;
};

}  // namespace

Result<Json> apply_diff(const Json& object, const Json& lines) {
  DiffApplier applier(object);
  std::vector<std::string> hunk;
  size_t begins = 0;
  for (const Json& line : lines.items()) {
    const std::string& text = line.string_or_empty();
    if (text.starts_with("@@ ")) {
      TRY(applier.apply(hunk, begins));
      hunk.clear();
      std::from_chars(text.data() + 3, text.data() + text.size(), begins);
    } else if (!text.empty() && std::string_view(" +-").find(text.front()) != std::string_view::npos) {
      hunk.push_back(text);
    } else {
      return fail(ErrorCode::kInvalidArgument, "a line of a diff must begin with a blank, '+' or '-'");
    }
  }
  TRY(applier.apply(hunk, begins));
  const std::string text = std::move(applier).text();
  const Result<std::vector<ConfigNode>> documents = parse_yaml(text, "the object after the diff");
  if (!documents || documents->size() != 1) {
    return fail(ErrorCode::kFailedPrecondition,
                "with the diff the object is no YAML any more: it has changed since the diff was made");
  }
  return documents->front().to_json();
}

}  // namespace capstan::foresee
