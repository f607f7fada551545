#include "connect/host/process_series.h"

#include <algorithm>

namespace capstan::host {

// How much a process matters: 1 is the floor in the resource it uses most.
double ProcessSeries::weight(const Process& process, double seconds, const WriteTracker& writes) const {
  seconds = std::max(seconds, 0.1);
  const ProcessStat& stat = process.stat;
  const double cpu = static_cast<double>(process.cpu_ms_since()) / 1000 / seconds / limits_.cpu_share;
  const double memory =
      static_cast<double>(stat.resident_bytes) / (limits_.memory_share * static_cast<double>(memory_bytes_));
  const double grown = stat.resident_bytes <= process.before.resident_bytes
                           ? 0
                           : static_cast<double>(stat.resident_bytes - process.before.resident_bytes) / seconds;
  const double written = writes.last_written(process.key()) / seconds / limits_.written_bytes;
  return std::max({cpu, memory, grown / limits_.grown_bytes, written});
}

ProcessSeries::Shown ProcessSeries::start(const ProcessTable& table, const Process& process, const WorkTracker& work,
                                          const WriteTracker& writes, SampleWriter& out) const {
  Shown shown;
  const std::string pid = std::to_string(process.key().pid);
  const ResourceId resource = process_resource(table.boot(), process.key());
  for (const std::string_view name :
       {"capstan_process_cpu_seconds_total", "capstan_process_unproductive_cpu_seconds_total",
        "capstan_process_resident_memory_bytes", "capstan_process_written_bytes_total"}) {
    shown.series.push_back(out.labels(
        name, {{"pid", pid}, {"process", resource}, {"comm", process.comm}, {"user", process.identity.user}}));
  }
  // What it had at the look before is known; with that sample a rate needs no second look.
  if (last_at_ms_ > 0 && last_at_ms_ < out.at_ms()) {
    out.add_at(shown.series[0], static_cast<double>(process.before.cpu_ms()) / 1000, last_at_ms_);
    out.add_at(shown.series[1], work.unproductive_seconds_before(process.key()), last_at_ms_);
    out.add_at(shown.series[2], static_cast<double>(process.before.resident_bytes), last_at_ms_);
    out.add_at(shown.series[3], writes.written(process.key()) - writes.last_written(process.key()), last_at_ms_);
  }
  return shown;
}

void ProcessSeries::stop(const Shown& shown, SampleWriter& out) const {
  for (const Labels& labels : shown.series) out.add(labels, stale_nan());
}

void ProcessSeries::choose(ProcessTable& table, const WorkTracker& work, const WriteTracker& writes,
                           SampleWriter& out) {
  const double seconds = to_seconds(table.interval());
  std::vector<std::pair<double, int>> candidates;
  for (const auto& [pid, process] : table.processes()) {
    const double now = weight(process, seconds, writes);
    const auto shown = shown_.find(process.key());
    if (now >= 1) {
      if (shown != shown_.end())
        shown->second.active_look = table.looks();
      else
        candidates.emplace_back(now, pid);
    }
  }
  std::sort(candidates.rbegin(), candidates.rend());
  if (candidates.size() > limits_.most) candidates.resize(limits_.most);
  for (const auto& [now, pid] : candidates) {
    if (shown_.size() >= limits_.most) {
      // A newcomer takes the place of the one that has been quiet longest, never of an active one.
      const auto quietest = std::min_element(shown_.begin(), shown_.end(), [](const auto& a, const auto& b) {
        return a.second.active_look < b.second.active_look;
      });
      if (quietest->second.active_look + 3 > table.looks()) break;
      stop(quietest->second, out);
      shown_.erase(quietest);
    }
    if (!table.identify(pid)) continue;
    const Process& process = table.processes().at(pid);
    Shown entry = start(table, process, work, writes, out);
    entry.active_look = table.looks();
    shown_.emplace(process.key(), std::move(entry));
  }
}

void ProcessSeries::add(ProcessTable& table, const WorkTracker& work, const WriteTracker& writes, SampleWriter& out) {
  for (auto entry = shown_.begin(); entry != shown_.end();) {
    const bool quiet = entry->second.active_look + limits_.quiet_looks < table.looks();
    if (!quiet && table.find(entry->first) != nullptr) {
      ++entry;
      continue;
    }
    stop(entry->second, out);
    entry = shown_.erase(entry);
  }
  choose(table, work, writes, out);
  for (const auto& [key, shown] : shown_) {
    const Process* process = table.find(key);
    if (process == nullptr) continue;
    out.add(shown.series[0], static_cast<double>(process->stat.cpu_ms()) / 1000);
    out.add(shown.series[1], work.unproductive_seconds(key));
    out.add(shown.series[2], static_cast<double>(process->stat.resident_bytes));
    out.add(shown.series[3], writes.written(key));
  }
  last_at_ms_ = out.at_ms();
}

}  // namespace capstan::host
