#include "world.h"

#include <fmt/format.h>

#include <cmath>

#include "base/random.h"
#include "telemetry/promql/printer.h"

namespace capstan::peers {
namespace {

constexpr int64_t kScrapeMs = 15'000;
constexpr int64_t kPhaseMs = 3'500;  // So that no sample lies at the end of a range of whole seconds.

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  std::vector<Series> run() {
    for (const char* job : {"api", "web", "db"}) {
      for (const char* instance : {"0", "1"}) {
        for (const char* code : {"200", "404", "500"})
          counter({{"__name__", "requests_total"}, {"job", job}, {"instance", instance}, {"code", code}});
        gaps({{"__name__", "up"}, {"job", job}, {"instance", instance}});
        constant({{"__name__", "build_info"},
                  {"job", job},
                  {"instance", instance},
                  {"version", instance[0] == '0' ? "v1.9" : "v1.10"}},
                 1);
      }
      constant({{"__name__", "quota"}, {"job", job}}, 100 + static_cast<double>(random_.below(900)));
      histogram(job);
    }
    for (const char* room : {"attic", "cellar", "hall", "kitchen"})
      gauge({{"__name__", "temperature"}, {"room", room}});
    for (const char* x : {"1", "2", "3"}) sparse({{"__name__", "sparse"}, {"x", x}});
    odd({{"__name__", "odd"}, {"x", "1"}});
    odd({{"__name__", "odd"}, {"x", "2"}});
    return std::move(world_);
  }

 private:
  // Calls make(i) for every scrape; NaN-free absent values are left out by returning false.
  template <class Make>
  void series(Labels labels, Make make) {
    Series made{std::move(labels), {}};
    double value = 0;
    for (int64_t at = kBeginMs + kPhaseMs; at < kEndMs; at += kScrapeMs) {
      if (make(value)) made.samples.push_back({at, value});
    }
    world_.push_back(std::move(made));
  }
  bool once_in(uint64_t times) { return random_.below(times) == 0; }

  void counter(Labels labels) {
    double total = 1e6 + static_cast<double>(random_.below(100'000));
    series(std::move(labels), [&](double& value) {
      total = once_in(120) ? 0 : total + static_cast<double>(random_.below(50));
      value = total;
      return true;
    });
  }
  void gauge(Labels labels) {
    series(std::move(labels), [&](double& value) {
      value = 50 + static_cast<double>(random_.below(50'000)) / 1000;
      return true;
    });
  }
  // Away for minutes at a time, longer than the lookback too.
  void gaps(Labels labels) {
    int away = 0;
    series(std::move(labels), [&](double& value) {
      if (away > 0 && --away > 0) return false;
      if (once_in(60)) away = 5 + static_cast<int>(random_.below(60));
      value = once_in(10) ? 0 : 1;
      return away == 0;
    });
  }
  void sparse(Labels labels) {
    int until_next = 0;
    double total = 1e6;
    series(std::move(labels), [&](double& value) {
      if (until_next-- > 0) return false;
      until_next = static_cast<int>(random_.below(40));
      total += static_cast<double>(random_.below(1000));
      value = total;
      return true;
    });
  }
  void constant(Labels labels, double constant) {
    series(std::move(labels), [&](double& value) {
      value = constant;
      return true;
    });
  }
  void odd(Labels labels) {
    series(std::move(labels), [&](double& value) {
      const double values[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e300, 1e-300};
      value = values[random_.below(7)];
      return true;
    });
  }
  void histogram(const char* job) {
    const char* bounds[] = {"0.05", "0.1", "0.5", "1", "5", "+Inf"};
    std::vector<std::vector<double>> counts(6);
    std::vector<double> now(6, 0);
    for (int64_t at = kBeginMs; at < kEndMs; at += kScrapeMs) {
      double added = 0;
      for (size_t i = 0; i < 6; ++i) {
        added += static_cast<double>(random_.below(20));
        now[i] += added;
        counts[i].push_back(now[i] + 1e5);
      }
    }
    for (size_t i = 0; i < 6; ++i) {
      size_t step = 0;
      series({{"__name__", "latency_bucket"}, {"job", job}, {"le", bounds[i]}}, [&](double& value) {
        value = counts[i][step++];
        return true;
      });
    }
  }

  SeededRandom random_;
  std::vector<Series> world_;
};

}  // namespace

std::vector<Series> make_world(uint64_t seed) { return Maker(seed).run(); }

telemetry::FakeSeriesReader to_reader(const std::vector<Series>& world) {
  telemetry::FakeSeriesReader reader;
  for (const Series& series : world) {
    for (const Sample& sample : series.samples) reader.add(series.labels, sample);
  }
  return reader;
}

std::string to_open_metrics(const std::vector<Series>& world) {
  std::string out;
  for (const Series& series : world) {
    const std::string labels = series.labels.to_string();
    for (const Sample& sample : series.samples) {
      out += fmt::format("{} {} {}.{:03}\n", labels, telemetry::promql::format_value(sample.value), sample.at_ms / 1000,
                         sample.at_ms % 1000);
    }
  }
  return out + "# EOF\n";
}

}  // namespace capstan::peers
