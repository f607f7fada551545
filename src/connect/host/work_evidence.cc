#include "connect/host/work_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace capstan::host {
namespace {

double growth(uint64_t now, uint64_t before) { return now > before ? static_cast<double>(now - before) : 0; }

using FileIdentity = std::pair<dev_t, uint64_t>;

// Files whose coming and going shows that a process walks through something. By identity and not by descriptor: a
// shell moves its output to another descriptor and back at every redirection.
std::set<FileIdentity> walked(const OpenFiles& open) {
  std::set<FileIdentity> identities;
  for (const OpenFile& file : open.files) {
    if (file.kind == FileKind::kRegular || file.kind == FileKind::kDirectory || file.kind == FileKind::kSocket) {
      identities.emplace(file.device, file.inode);
    }
  }
  return identities;
}

struct Advance {
  double read = 0;
  double written = 0;
};

// How far a process came in the regular files that it has open at both looks, or newly.
Advance advance_between(const OpenFiles& before, const OpenFiles& now) {
  std::map<FileIdentity, const OpenFile*> known;
  for (const OpenFile& file : before.files) {
    if (file.kind == FileKind::kRegular) known[{file.device, file.inode}] = &file;
  }
  Advance advance;
  for (const OpenFile& file : now.files) {
    if (file.kind != FileKind::kRegular) continue;
    const auto found = known.find({file.device, file.inode});
    const OpenFile* old = found == known.end() ? nullptr : found->second;
    const double moved = growth(file.position, old == nullptr ? 0 : old->position);
    if (file.readable) advance.read += moved;
    // Positioned writes leave the position alone, but the file grows or is modified.
    const double grown = old == nullptr ? 0 : growth(file.size, old->size);
    if (file.writable) advance.written += std::max(moved, grown);
  }
  return advance;
}

void add_unique(std::vector<uint64_t>& into, uint64_t value) {
  if (std::find(into.begin(), into.end(), value) == into.end()) into.push_back(value);
}

void note_channels(const OpenFiles& open, WorkEvidence& evidence) {
  for (const OpenFile& file : open.files) {
    if (file.kind == FileKind::kSocket) evidence.has_sockets = true;
    if (file.kind == FileKind::kEndless && file.writable) evidence.endless_output = true;
    if (file.kind == FileKind::kEndless && file.readable && !file.gives_nothing) evidence.endless_input = true;
    if (file.kind == FileKind::kPipe && file.readable) add_unique(evidence.pipes_in, file.inode);
    if (file.kind == FileKind::kPipe && file.writable) add_unique(evidence.pipes_out, file.inode);
  }
}

std::string bytes_text(double bytes) {
  if (bytes < 1) return "nothing";
  if (bytes < 10e3) return fmt::format("{:.0f} bytes", bytes);
  if (bytes < 10e6) return fmt::format("{:.0f} kB", bytes / 1e3);
  if (bytes < 10e9) return fmt::format("{:.0f} MB", bytes / 1e6);
  return fmt::format("{:.0f} GB", bytes / 1e9);
}

}  // namespace

WorkEvidence gather_evidence(std::span<const WorkLook* const> looks, double seconds) {
  WorkEvidence evidence;
  evidence.first = looks.front();
  evidence.last = looks.back();
  evidence.seconds = seconds;
  const WorkLook& first = *evidence.first;
  const WorkLook& last = *evidence.last;
  evidence.cpu_seconds = growth(last.cpu_ms, first.cpu_ms) / 1000;
  evidence.faults = growth(last.faults, first.faults);
  evidence.major_faults = growth(last.major_faults, first.major_faults);
  evidence.grown_bytes = growth(last.resident_bytes, first.resident_bytes);
  evidence.reaped_faults = growth(last.reaped_faults, first.reaped_faults);
  evidence.reaped_seconds = growth(last.reaped_ms, first.reaped_ms) / 1000;

  const WorkLook* before = nullptr;
  const WorkLook* io_before = nullptr;
  for (const WorkLook* look : looks) {
    if (look->state != 'R') evidence.always_ready = false;
    if (look->io.known) {
      if (io_before != nullptr) {
        evidence.read_chars += growth(look->io.read_chars, io_before->io.read_chars);
        evidence.written_chars += growth(look->io.written_chars, io_before->io.written_chars);
        evidence.storage_bytes += growth(look->io.read_bytes, io_before->io.read_bytes) +
                                  growth(look->io.written_bytes, io_before->io.written_bytes);
        evidence.switches += growth(look->io.voluntary_switches, io_before->io.voluntary_switches);
      }
      io_before = look;
    }
    if (!look->open.known) continue;
    note_channels(look->open, evidence);
    if (before != nullptr) {
      evidence.files_known = true;
      const Advance advance = advance_between(before->open, look->open);
      evidence.file_bytes += std::min(advance.read, growth(look->io.read_chars, before->io.read_chars));
      evidence.file_bytes += std::min(advance.written, growth(look->io.written_chars, before->io.written_chars));
      evidence.socket_bytes += growth(look->socket_bytes, before->socket_bytes);
      if (walked(before->open) != walked(look->open)) ++evidence.turnovers;
    }
    before = look;
  }
  return evidence;
}

std::string own_work(const WorkEvidence& evidence, const WorkRules& rules) {
  const double cpu = std::max(evidence.cpu_seconds, 0.01);
  if (evidence.storage_bytes >= rules.useful_bytes * cpu) {
    return fmt::format("moved {} from or to storage", bytes_text(evidence.storage_bytes));
  }
  if (evidence.file_bytes >= rules.useful_bytes * cpu && evidence.file_bytes >= rules.useful_part * evidence.moved()) {
    return fmt::format("moved {} through files", bytes_text(evidence.file_bytes));
  }
  if (evidence.turnovers >= 2) return "opened and closed files or connections";
  if (evidence.socket_bytes >= rules.useful_bytes * cpu) {
    return fmt::format("moved {} through connections", bytes_text(evidence.socket_bytes));
  }
  // Datagrams and local sockets have no counters, but who serves them waits for the next one now and then.
  if (evidence.has_sockets && evidence.switches >= 5 * evidence.seconds) return "waited for and served its sockets";
  const bool input_explained = evidence.endless_input || !evidence.pipes_in.empty();
  if (!input_explained && evidence.read_chars >= rules.unseen_bytes * cpu) {
    return fmt::format("read {} from files", bytes_text(evidence.read_chars));
  }
  const bool output_explained = evidence.endless_output || !evidence.pipes_out.empty();
  if (!output_explained && evidence.written_chars >= rules.unseen_bytes * cpu) {
    return fmt::format("wrote {} to files", bytes_text(evidence.written_chars));
  }
  if (evidence.faults >= rules.faults * cpu || evidence.major_faults >= 10 * cpu) {
    return fmt::format("touched {:.0f} pages of memory anew", evidence.faults + evidence.major_faults);
  }
  if (evidence.grown_bytes >= rules.grown_bytes * cpu)
    return fmt::format("grew by {}", bytes_text(evidence.grown_bytes));
  if (evidence.reaped_faults >= rules.reaped_faults * cpu || evidence.reaped_seconds >= rules.reaped_share * cpu) {
    return "started and ended children";
  }
  return "";
}

std::string describe_idling(const WorkEvidence& evidence) {
  const auto moved = [](double bytes, bool endless) {
    return bytes_text(bytes) + (bytes >= 1 && endless ? " (a device without end)" : "");
  };
  return fmt::format(
      "{:.0f} % of a core for {:.0f} s: read {}, wrote {}, {} through files, {:.0f} new pages of memory, {}",
      100 * evidence.cpu_seconds / std::max(evidence.seconds, 0.001), evidence.seconds,
      moved(evidence.read_chars, evidence.endless_input), moved(evidence.written_chars, evidence.endless_output),
      bytes_text(evidence.file_bytes), evidence.faults,
      evidence.reaped_seconds > 0 || evidence.reaped_faults > 0 ? "hardly any children" : "no children");
}

}  // namespace capstan::host
