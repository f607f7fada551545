#include "drift/unified_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace capstan::drift {
namespace {

constexpr size_t kContext = 3;
constexpr int kMostEdits = 2'000;

using Lines = std::vector<std::string_view>;

// With their newlines; the last may have none.
Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// A run of lines taken out at `at` of the text before, and those of the text after put in their place.
struct Change {
  size_t at = 0;
  size_t removed = 0;
  size_t new_at = 0;
  size_t added = 0;
};

void add(std::vector<Change>& changes, size_t at, size_t new_at, bool is_removal) {
  const bool goes_on = !changes.empty() && changes.back().at + changes.back().removed == at &&
                       changes.back().new_at + changes.back().added == new_at;
  if (!goes_on) changes.push_back({at, 0, new_at, 0});
  ++(is_removal ? changes.back().removed : changes.back().added);
}

std::vector<Change> walk_back(const Lines& a, const Lines& b, const std::vector<std::vector<int>>& trace, int offset) {
  std::vector<std::pair<std::pair<int, int>, bool>> steps;  // Where, and whether a line goes.
  int x = static_cast<int>(a.size());
  int y = static_cast<int>(b.size());
  for (int d = static_cast<int>(trace.size()) - 1; d > 0; --d) {
    const std::vector<int>& v = trace[d];
    const int k = x - y;
    const bool down = k == -d || (k != d && v[offset + k - 1] < v[offset + k + 1]);
    const int before_k = down ? k + 1 : k - 1;
    const int before_x = v[offset + before_k];
    const int before_y = before_x - before_k;
    steps.push_back({{before_x, before_y}, !down});
    x = before_x;
    y = before_y;
  }
  std::vector<Change> changes;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    add(changes, step->first.first, step->first.second, step->second);
  }
  return changes;
}

std::vector<Change> find_changes(const Lines& a, const Lines& b) {
  const int n = static_cast<int>(a.size());
  const int m = static_cast<int>(b.size());
  const int most = std::min(n + m, kMostEdits);
  const int offset = most + 1;
  std::vector<int> v(2 * static_cast<size_t>(most) + 3, 0);
  std::vector<std::vector<int>> trace;
  for (int d = 0; d <= most; ++d) {
    trace.push_back(v);
    for (int k = -d; k <= d; k += 2) {
      const bool down = k == -d || (k != d && v[offset + k - 1] < v[offset + k + 1]);
      int x = down ? v[offset + k + 1] : v[offset + k - 1] + 1;
      int y = x - k;
      while (x < n && y < m && a[x] == b[y]) {
        ++x;
        ++y;
      }
      v[offset + k] = x;
      if (x >= n && y >= m) return walk_back(a, b, trace, offset);
    }
  }
  return {{0, a.size(), 0, b.size()}};
}

void write_line(char sign, std::string_view line, std::string& text) {
  text += sign;
  text += line;
  if (!line.ends_with('\n')) text += "\n\\ No newline at end of file\n";
}

// Changes from `first` to before `last`, with what is around them.
void write_hunk(const Lines& a, const Lines& b, const std::vector<Change>& changes, size_t first, size_t last,
                std::string& text) {
  const size_t begin = changes[first].at - std::min(changes[first].at, kContext);
  const size_t new_begin = changes[first].new_at - (changes[first].at - begin);
  const Change& end_change = changes[last - 1];
  const size_t end = std::min(end_change.at + end_change.removed + kContext, a.size());
  const size_t new_end = end_change.new_at + end_change.added + (end - end_change.at - end_change.removed);
  const size_t count = end - begin;
  const size_t new_count = new_end - new_begin;
  // Of nothing the line before counts.
  text += fmt::format("@@ -{},{} +{},{} @@\n", begin + (count > 0), count, new_begin + (new_count > 0), new_count);
  size_t at = begin;
  for (size_t i = first; i < last; ++i) {
    for (; at < changes[i].at; ++at) write_line(' ', a[at], text);
    for (; at < changes[i].at + changes[i].removed; ++at) write_line('-', a[at], text);
    for (size_t j = 0; j < changes[i].added; ++j) write_line('+', b[changes[i].new_at + j], text);
  }
  for (; at < end; ++at) write_line(' ', a[at], text);
}

}  // namespace

std::string unified_diff(std::string_view path, std::string_view before, std::string_view after) {
  if (before == after) return "";
  const Lines a = lines_of(before);
  const Lines b = lines_of(after);
  const std::vector<Change> changes = find_changes(a, b);
  std::string text = fmt::format("diff --git a/{0} b/{0}\n", path);
  if (after.empty()) text += "deleted file mode 100644\n";
  text += fmt::format("--- a/{}\n+++ {}\n", path, after.empty() ? "/dev/null" : fmt::format("b/{}", path));
  for (size_t first = 0; first < changes.size();) {
    size_t last = first + 1;
    while (last < changes.size() &&
           changes[last].at - (changes[last - 1].at + changes[last - 1].removed) <= 2 * kContext) {
      ++last;
    }
    write_hunk(a, b, changes, first, last, text);
    first = last;
  }
  return text;
}

}  // namespace capstan::drift
