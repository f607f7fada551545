#include "connect/host/process_start.h"

#include <fmt/format.h>

#include <algorithm>

#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

constexpr size_t kMostWords = 10'000;

std::vector<std::string> zero_ended(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty() && words.size() < kMostWords) {
    const size_t end = text.find('\0');
    if (end != 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

// A process that gave itself a title has one text with blanks in place of its arguments.
std::vector<std::string> arguments_of(std::string_view text) {
  std::vector<std::string> words = zero_ended(text);
  if (words.size() != 1 || words[0].find(' ') == std::string::npos) return words;
  std::vector<std::string> parts;
  FieldScanner fields(words[0]);
  for (std::string_view word = fields.word(); !word.empty(); word = fields.word()) parts.emplace_back(word);
  return parts;
}

std::optional<int64_t> smaller(std::optional<int64_t> a, std::optional<int64_t> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

// "Max open files            1024                 524288               files": the soft limit; none when unlimited.
std::optional<int64_t> limit_of(std::string_view limits, std::string_view name) {
  LineScanner lines(limits);
  for (std::string_view line; lines.next(line);) {
    if (!line.starts_with(name)) continue;
    FieldScanner fields(line.substr(name.size()));
    return parse_number<int64_t>(fields.word());
  }
  return std::nullopt;
}

// A number in a file of the control groups; what is near the largest number means no limit.
std::optional<int64_t> group_limit(KernelFiles& files, const std::string& path) {
  const auto line = files.read_line(path.c_str());
  if (!line) return std::nullopt;
  const std::optional<int64_t> bytes = parse_number<int64_t>(*line);
  return bytes && *bytes > 0 && *bytes < (int64_t{1} << 60) ? bytes : std::nullopt;
}

// The limit of a control group and of those above it.
std::optional<int64_t> limit_within(KernelFiles& files, const std::string& hierarchy, std::string group,
                                    std::string_view name) {
  std::optional<int64_t> least;
  while (true) {
    least = smaller(least, group_limit(files, hierarchy + group + "/" + std::string(name)));
    const size_t slash = group.rfind('/');
    if (group.empty() || slash == std::string::npos) return least;
    group.resize(slash);
  }
}

std::optional<int64_t> memory_limit_of(std::string_view cgroup) {
  Result<KernelFiles> files = KernelFiles::open("/sys/fs/cgroup");
  if (!files) return std::nullopt;
  std::optional<int64_t> least;
  LineScanner lines(cgroup);
  for (std::string_view line; lines.next(line);) {
    const size_t colon = line.find(':', line.find(':') + 1);
    if (colon == std::string_view::npos) continue;
    std::string group(line.substr(colon + 1));
    if (group == "/") group.clear();
    if (!group.empty()) group.erase(0, 1);
    const std::string below = group.empty() ? "" : "/" + group;
    if (line.starts_with("0::")) least = smaller(least, limit_within(*files, ".", below, "memory.max"));
    if (line.find(":memory:") != std::string_view::npos)
      least = smaller(least, limit_within(*files, "memory", below, "memory.limit_in_bytes"));
  }
  return least;
}

}  // namespace

ProcessStart read_process_start(KernelFiles& proc, const std::string& proc_root, int pid) {
  ProcessStart start;
  const std::string own = std::to_string(pid);
  if (const auto text = proc.read((own + "/cmdline").c_str())) start.arguments = arguments_of(*text);
  if (const auto link = proc.read_link((own + "/cwd").c_str())) start.directory = *link;
  // The link of one in another mount namespace says "/" as well; only its own view of the files is right then.
  std::string namespaces;
  if (const auto link = proc.read_link((own + "/ns/mnt").c_str())) namespaces = *link;
  const auto ours = proc.read_link("self/ns/mnt");
  const bool elsewhere = ours && !namespaces.empty() && *ours != namespaces;
  const auto root = proc.read_link((own + "/root").c_str());
  if (elsewhere || (root && *root != "/")) start.root = fmt::format("{}/{}/root", proc_root, pid);
  if (const auto limits = proc.read((own + "/limits").c_str())) {
    start.open_files_limit = limit_of(*limits, "Max open files");
    start.memory_limit = limit_of(*limits, "Max address space");
  }
  if (const auto cgroup = proc.read((own + "/cgroup").c_str()))
    start.memory_limit = smaller(start.memory_limit, memory_limit_of(std::string(*cgroup)));
  return start;
}

std::optional<std::map<std::string, std::string, std::less<>>> read_process_environment(KernelFiles& proc, int pid) {
  const auto text = proc.read((std::to_string(pid) + "/environ").c_str());
  if (!text) return std::nullopt;
  std::map<std::string, std::string, std::less<>> variables;
  for (const std::string& word : zero_ended(*text)) {
    const size_t equal = word.find('=');
    if (equal != std::string::npos) variables.emplace(word.substr(0, equal), word.substr(equal + 1));
  }
  return variables;
}

}  // namespace capstan::host
