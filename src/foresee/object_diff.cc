#include "foresee/object_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/config.h"

namespace capstan::foresee {
namespace {

constexpr std::string_view kHunk = "@@";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The object of a file "/tmp/MERGED-1/apps.v1.Deployment.shop.web", by which the diff names it.
std::optional<Json> named_object(std::string_view path) {
  path = path.substr(0, path.find('\t'));
  path = path.substr(path.rfind('/') == std::string_view::npos ? 0 : path.rfind('/') + 1);
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('.', at), path.size());
    parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  // Types begin with a capital, groups and versions do not.
  const auto type = std::ranges::find_if(
      parts, [](std::string_view part) { return !part.empty() && part.front() >= 'A' && part.front() <= 'Z'; });
  if (type == parts.begin() || parts.end() - type < 3) return std::nullopt;
  const std::string version(*(type - 1));
  const std::string group = fmt::format("{}", fmt::join(parts.begin(), type - 1, "."));
  const std::string name = fmt::format("{}", fmt::join(type + 2, parts.end(), "."));
  if (version.empty() || name.empty()) return std::nullopt;
  Json metadata = Json::object({{"name", name}});
  if (!(type + 1)->empty()) metadata.set("namespace", std::string(*(type + 1)));
  return Json::object({{"apiVersion", group.empty() ? version : group + "/" + version},
                       {"kind", std::string(*type)},
                       {"metadata", std::move(metadata)}});
}

std::optional<size_t> number_in(std::string_view digits) {
  size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// "12,7" of "@@ -12,7 +12,9 @@": how many lines; 1 where it is not said.
std::optional<size_t> count_of(std::string_view range) {
  const size_t comma = range.find(',');
  return comma == std::string_view::npos ? 1 : number_in(range.substr(comma + 1));
}

struct Counts {
  size_t begin = 0;  // The first line, before.
  size_t before = 0;
  size_t after = 0;
};

std::optional<Counts> read_counts(std::string_view line) {
  if (!line.starts_with("@@ -")) return std::nullopt;
  const size_t plus = line.find(" +");
  const size_t end = line.find(" @@");
  if (plus == std::string_view::npos || end == std::string_view::npos || end < plus) return std::nullopt;
  const std::string_view old_range = line.substr(4, plus - 4);
  const auto begin = number_in(old_range.substr(0, old_range.find(',')));
  const auto before = count_of(old_range);
  const auto after = count_of(line.substr(plus + 2, end - plus - 2));
  if (!begin || !before || !after) return std::nullopt;
  return Counts{*begin, *before, *after};
}

class DiffReader {
 public:
  DiffReader(std::string_view text, std::string_view file) : lines_(lines_of(text)), file_(file) {}

  ObjectDocuments read() {
    while (at_ < lines_.size()) {
      const bool is_header =
          lines_[at_].starts_with("--- ") && at_ + 1 < lines_.size() && lines_[at_ + 1].starts_with("+++ ");
      if (is_header) {
        read_file();
      } else {
        ++at_;
      }
    }
    return std::move(read_);
  }

 private:
  Where here() const { return {std::string(file_), static_cast<int>(at_) + 1, 1}; }
  void problem(std::string message) {
    read_.problems.push_back({ErrorCode::kInvalidArgument, std::move(message), here()});
  }

  void read_file() {
    const std::string_view name =
        lines_[at_ + 1].starts_with("+++ /dev/null") ? lines_[at_].substr(4) : lines_[at_ + 1].substr(4);
    std::optional<Json> object = named_object(name);
    if (!object) problem("expected what kubectl diff prints: a file name GROUP.VERSION.KIND.NAMESPACE.NAME");
    const Where where = here();
    at_ += 2;
    Json lines = Json::array();
    Counts all;
    while (at_ < lines_.size() && lines_[at_].starts_with(kHunk)) {
      const std::optional<Counts> counts = read_counts(lines_[at_]);
      if (!counts) return problem("expected '@@ -LINE,COUNT +LINE,COUNT @@'");
      lines.push_back(fmt::format("{} {}", kHunk, counts->begin));
      ++at_;
      if (!read_hunk(*counts, lines)) return;
      all.before += counts->before;
      all.after += counts->after;
    }
    if (object && !lines.items().empty()) take(*std::move(object), std::move(lines), all, where);
  }

  bool read_hunk(Counts left, Json& lines) {
    while (left.before > 0 || left.after > 0) {
      const std::string_view line = at_ < lines_.size() ? lines_[at_] : std::string_view();
      const char sign = line.empty() ? ' ' : line.front();
      const bool is_before = sign == ' ' || sign == '-';
      const bool is_after = sign == ' ' || sign == '+';
      const bool fits = (is_before || is_after) && (!is_before || left.before > 0) && (!is_after || left.after > 0);
      if (at_ >= lines_.size() || !fits) {
        problem("the diff ends before its lines are complete");
        return false;
      }
      left.before -= is_before ? 1 : 0;
      left.after -= is_after ? 1 : 0;
      lines.push_back(std::string(line.empty() ? " " : line));
      ++at_;
      while (at_ < lines_.size() && lines_[at_].starts_with('\\')) ++at_;  // "\ No newline at end of file"
    }
    return true;
  }

  void take(Json object, Json lines, const Counts& all, const Where& where) {
    if (all.after == 0) {
      object.set("$patch", "delete");
    } else if (all.before > 0) {
      object.set(std::string(kDiffMember), std::move(lines));
    } else {
      std::string text;
      for (const Json& line : lines.items()) {
        if (line.string_or_empty().starts_with('+')) text += line.string_or_empty().substr(1) + "\n";
      }
      ObjectDocuments whole = read_objects(text, file_);
      for (ObjectDocument& document : whole.documents) read_.documents.push_back({document.object, where});
      if (whole.documents.empty()) problem("what is new is no object");
      return;
    }
    read_.documents.push_back({std::move(object), where});
  }

  std::vector<std::string_view> lines_;
  std::string_view file_;
  size_t at_ = 0;
  ObjectDocuments read_;
};

}  // namespace

bool is_diff(std::string_view text) {
  const size_t start = text.starts_with("--- ") ? 0 : text.find("\n--- ") + 1;
  if (start == 0 && !text.starts_with("--- ")) return false;
  if (!text.starts_with("diff ") && start != 0) return false;
  const size_t next = text.find('\n', start);
  return next != std::string_view::npos && text.substr(next + 1).starts_with("+++ ");
}

ObjectDocuments read_diff(std::string_view text, std::string_view file) { return DiffReader(text, file).read(); }

}  // namespace capstan::foresee
