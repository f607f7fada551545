#include "loop/own_metrics.h"

#include <fmt/format.h>

namespace capstan::loop {
namespace {

class Exposition {
 public:
  void counter(std::string_view name, std::string_view help, uint64_t value) { add(name, help, "counter", value); }
  void gauge(std::string_view name, std::string_view help, uint64_t value) { add(name, help, "gauge", value); }
  std::string text() && { return std::move(text_); }

 private:
  void add(std::string_view name, std::string_view help, std::string_view type, uint64_t value) {
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
  }
  std::string text_;
};

}  // namespace

std::string own_metrics(const telemetry::MetricStore::Stats& metrics, const telemetry::LogStore::Stats& logs) {
  Exposition out;
  out.gauge("capstan_metrics_series", "Series in memory.", metrics.series);
  out.counter("capstan_metrics_samples_appended_total", "Samples taken.", metrics.samples_appended);
  out.counter("capstan_metrics_samples_out_of_order_total", "Samples dropped for their time.",
              metrics.samples_out_of_order);
  out.counter("capstan_metrics_samples_refused_total", "Samples refused at a limit or for a full disk.",
              metrics.samples_refused);
  out.gauge("capstan_metrics_head_bytes", "Memory of the newest samples.", metrics.head_bytes);
  out.gauge("capstan_metrics_wal_bytes", "Size of the write-ahead log.", metrics.wal_bytes);
  out.gauge("capstan_metrics_block_bytes", "Size of the blocks on disk.", metrics.block_bytes);
  out.counter("capstan_logs_lines_appended_total", "Log lines taken.", logs.lines_appended);
  out.counter("capstan_logs_lines_refused_total", "Log lines refused at a limit or for a full disk.",
              logs.lines_refused);
  out.gauge("capstan_logs_templates", "Kinds of log lines known.", logs.templates);
  out.gauge("capstan_logs_file_bytes", "Size of the log files kept.", logs.file_bytes);
  return std::move(out).text();
}

}  // namespace capstan::loop
