#include "connect/host/work_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "connect/host/work_evidence.h"

namespace capstan::host {
namespace {

// How far up the family a job is looked for.
constexpr int kMostAncestors = 6;

struct Member {
  WorkEvidence evidence;
  std::string work;  // What it got done, by itself or with others; "" for nothing.
  bool judged = false;
};

// The judge at its bench: everything known of one window.
class Window {
 public:
  Window(std::span<const WorkSnapshot> snapshots, const WorkRules& rules) : rules_(rules) {
    seconds_ = to_seconds(snapshots.back().at - snapshots.front().at);
    for (const WorkLook& last : snapshots.back().processes) {
      std::vector<const WorkLook*> looks;
      for (const WorkSnapshot& snapshot : snapshots) {
        if (const WorkLook* look = find(snapshot, last.key)) looks.push_back(look);
      }
      if (looks.size() < 2) continue;
      const bool whole_window = looks.size() == snapshots.size();
      Member member{.evidence = gather_evidence(looks, seconds_), .work = "", .judged = false};
      member.work = own_work(member.evidence, rules);
      member.judged = whole_window && is_busy(member.evidence, looks.size());
      members_.push_back(std::move(member));
      index_[last.key.pid] = members_.size() - 1;
    }
  }

  std::vector<WorkVerdict> judge() {
    share_work_along_pipes();
    share_work_in_jobs();
    std::vector<WorkVerdict> verdicts;
    for (const Member& member : members_) {
      if (!member.judged) continue;
      const WorkEvidence& evidence = member.evidence;
      const bool unproductive = member.work.empty() && evidence.files_known && evidence.last->io.known;
      verdicts.push_back({.key = evidence.last->key,
                          .cpu_seconds = evidence.cpu_seconds,
                          .cpu_share = evidence.cpu_seconds / std::max(seconds_, 0.001),
                          .unproductive = unproductive,
                          .reason = unproductive ? describe_idling(evidence) : member.work});
    }
    return verdicts;
  }

 private:
  static const WorkLook* find(const WorkSnapshot& snapshot, const ProcessKey& key) {
    const auto found =
        std::lower_bound(snapshot.processes.begin(), snapshot.processes.end(), key,
                         [](const WorkLook& look, const ProcessKey& wanted) { return look.key < wanted; });
    return found != snapshot.processes.end() && found->key == key ? &*found : nullptr;
  }

  bool is_busy(const WorkEvidence& evidence, size_t looks) const {
    const double share = evidence.cpu_seconds / std::max(seconds_, 0.001);
    // On a machine with more burners than cores each gets little, but each is ready whenever one looks.
    return share >= rules_.busy_share || (looks >= 4 && evidence.always_ready && share >= rules_.starved_share);
  }

  // A pipe carries work when one end does real work: gzip between tar and a file works, sha256sum after yes does not.
  // Both ends must have moved comparable amounts, for every program has some pipe of its parent open.
  void share_work_along_pipes() {
    std::vector<size_t> root(members_.size());
    std::iota(root.begin(), root.end(), size_t{0});
    const auto find_root = [&](size_t member) {
      while (root[member] != member) member = root[member] = root[root[member]];
      return member;
    };
    std::multimap<uint64_t, size_t> readers;
    for (size_t i = 0; i < members_.size(); ++i) {
      for (const uint64_t pipe : members_[i].evidence.pipes_in) readers.emplace(pipe, i);
    }
    for (size_t writer = 0; writer < members_.size(); ++writer) {
      for (const uint64_t pipe : members_[writer].evidence.pipes_out) {
        const auto [from, to] = readers.equal_range(pipe);
        for (auto reader = from; reader != to; ++reader) {
          if (reader->second != writer && flows(writer, reader->second))
            root[find_root(writer)] = find_root(reader->second);
        }
      }
    }
    std::map<size_t, std::string> work_of;
    for (size_t i = 0; i < members_.size(); ++i) {
      if (!members_[i].work.empty()) work_of.emplace(find_root(i), members_[i].work);
    }
    for (size_t i = 0; i < members_.size(); ++i) {
      const auto shared = work_of.find(find_root(i));
      if (members_[i].work.empty() && shared != work_of.end())
        members_[i].work = "is piped to one that " + shared->second;
    }
  }

  bool flows(size_t writer, size_t reader) const {
    const double sent = members_[writer].evidence.written_chars;
    const double taken = members_[reader].evidence.read_chars;
    const double cpu =
        members_[writer].judged ? members_[writer].evidence.cpu_seconds : members_[reader].evidence.cpu_seconds;
    return std::min(sent, taken) >= rules_.useful_bytes * cpu && std::min(sent, taken) >= 0.1 * std::max(sent, taken);
  }

  // A compiler between two phases is excused by its cousins: the same program, under the same ancestor, that got
  // something done meanwhile. That an ancestor merely started it excuses nobody.
  void share_work_in_jobs() {
    std::map<std::pair<int, uint64_t>, const Member*> workers;  // By ancestor and program.
    for (const Member& member : members_) {
      if (member.work.empty() || member.evidence.last->program == 0) continue;
      if (member.evidence.cpu_seconds < 0.2 * seconds_) continue;
      for_each_ancestor(member, [&](int ancestor) { workers[{ancestor, member.evidence.last->program}] = &member; });
    }
    for (Member& member : members_) {
      if (!member.judged || !member.work.empty()) continue;
      for_each_ancestor(member, [&](int ancestor) {
        const auto cousin = workers.find({ancestor, member.evidence.last->program});
        if (cousin != workers.end()) {
          member.work = fmt::format("works in one job with process {}, which {}",
                                    cousin->second->evidence.last->key.pid, cousin->second->work);
        }
      });
    }
  }

  // Ancestors of the same user and session; a job does not reach beyond.
  template <class F>
  void for_each_ancestor(const Member& member, F&& visit) const {
    const WorkLook* look = member.evidence.last;
    for (int depth = 0; depth < kMostAncestors && look->parent > 1; ++depth) {
      const auto parent = index_.find(look->parent);
      if (parent == index_.end()) return;
      const WorkLook* above = members_[parent->second].evidence.last;
      if (above->uid != look->uid || above->session != look->session) return;
      visit(above->key.pid);
      look = above;
    }
  }

  const WorkRules& rules_;
  double seconds_ = 0;
  std::vector<Member> members_;
  std::map<int, size_t> index_;
};

}  // namespace

std::vector<WorkVerdict> judge_work(std::span<const WorkSnapshot> window, const WorkRules& rules) {
  if (window.size() < 2) return {};
  return Window(window, rules).judge();
}

}  // namespace capstan::host
