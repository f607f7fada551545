#include "workload.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "connect/host/host_state.h"

namespace capstan::trouble {
namespace {

using host::ProcessKey;

// The descendants of a process, also those whose parents have ended meanwhile.
class Family {
 public:
  explicit Family(int root) { members_.insert(root); }

  void look(const host::ProcessTable& table) {
    bool grown = true;
    while (grown) {
      grown = false;
      for (const auto& [pid, process] : table.processes()) {
        if (!members_.contains(pid) && members_.contains(process.stat.parent)) grown = members_.insert(pid).second;
      }
    }
  }
  bool has(int pid) const { return members_.contains(pid); }

 private:
  std::set<int> members_;
};

void write_sources(const std::string& directory) {
  std::string objects;
  for (int i = 0; i < 24; ++i) {
    std::ofstream source(fmt::format("{}/part{}.cc", directory, i));
    source << "#include <algorithm>\n#include <functional>\n#include <iostream>\n#include <map>\n#include <regex>\n"
              "#include <string>\n#include <unordered_map>\n#include <variant>\n";
    for (int j = 0; j < 12; ++j) {
      source << fmt::format(
          "std::map<std::string, std::vector<std::variant<int, std::string>>> table{0}_{1}(const std::string& text) "
          "{{\n"
          "  std::map<std::string, std::vector<std::variant<int, std::string>>> result;\n"
          "  std::regex pattern(\"a{0}+b*\");\n"
          "  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) "
          "result[it->str()].push_back({1});\n"
          "  return result;\n}}\n",
          i, j);
    }
    objects += fmt::format(" part{}.o", i);
  }
  std::ofstream(directory + "/Makefile") << "all:" << objects << "\n%.o: %.cc\n\tg++ -O2 -c $< -o $@\n";
}

void stop_family(pid_t root, const Family& family, const host::ProcessTable& table) {
  ::kill(-root, SIGKILL);
  for (const auto& [pid, process] : table.processes()) {
    if (family.has(pid)) ::kill(pid, SIGKILL);
  }
  ::waitpid(root, nullptr, 0);
}

}  // namespace

Workshop::Workshop() {
  char name[] = "/tmp/capstan-trouble-XXXXXX";
  path_ = ::mkdtemp(name);
  write_sources(path_);
}

Workshop::~Workshop() { [[maybe_unused]] const int status = std::system(("rm -rf '" + path_ + "'").c_str()); }

Measured run_workload(const std::string& command, const std::string& directory, int seconds) {
  const SystemClock clock;
  auto state = host::HostState::open(host::default_host_config(), clock);
  if (!state) return {};
  int output[2];
  if (::pipe(output) != 0) return {};
  const pid_t root = ::fork();
  if (root == 0) {
    ::setsid();
    if (::chdir(directory.c_str()) != 0) ::_exit(126);
    ::dup2(output[1], 1);
    ::dup2(output[1], 2);
    ::close(output[0]);
    ::close(output[1]);
    if (::freopen("/dev/null", "r", stdin) == nullptr) ::_exit(126);
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(output[1]);
  std::jthread reader([from = output[0]] {
    char buffer[65536];
    while (::read(from, buffer, sizeof(buffer)) > 0) {
    }
    ::close(from);
  });
  Family family(root);
  std::map<ProcessKey, std::pair<double, double>> used;  // CPU and unproductive seconds.
  std::map<ProcessKey, std::string> verdicts;
  for (int look = 0; look <= seconds; ++look) {
    if (look > 0) std::this_thread::sleep_for(Duration(1000));
    if (!(*state)->look(clock.now())) break;
    const host::ProcessTable& table = (*state)->processes();
    family.look(table);
    for (const auto& [pid, process] : table.processes()) {
      if (!family.has(pid)) continue;
      used[process.key()] = {
          static_cast<double>(process.stat.cpu_ms() + process.stat.reaped_ms * (process.key().pid == root ? 1 : 0)) /
              1000,
          (*state)->work().unproductive_seconds(process.key())};
      if (const std::string verdict = (*state)->work().verdict(process.key()); !verdict.empty()) {
        verdicts[process.key()] = fmt::format("    {} ({}): {}\n", pid, process.comm, verdict);
      }
    }
  }
  stop_family(root, family, (*state)->processes());
  Measured measured;
  for (const auto& [key, seconds_used] : used) {
    measured.cpu_seconds += seconds_used.first;
    measured.unproductive_seconds += seconds_used.second;
  }
  for (const auto& [key, verdict] : verdicts) {
    if (measured.reasons.size() < 2000) measured.reasons += verdict;
  }
  return measured;
}

}  // namespace capstan::trouble
