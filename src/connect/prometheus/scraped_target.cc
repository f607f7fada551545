#include "connect/prometheus/scraped_target.h"

#include <fmt/format.h>

#include "base/file.h"

namespace capstan::prometheus {
namespace {

constexpr std::string_view kAccept =
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
constexpr size_t kMaxSecretFile = 64 << 10;

Result<std::string> read_secret(const Secret& inline_secret, const std::string& file) {
  if (file.empty()) return inline_secret.reveal();
  std::string text = TRY(read_file(file, kMaxSecretFile));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

std::string_view to_string(TargetHealth health) {
  switch (health) {
    case TargetHealth::kUnknown: return "unknown";
    case TargetHealth::kUp: return "up";
    case TargetHealth::kDown: return "down";
  }
  return "unknown";
}

ScrapedTarget::ScrapedTarget(Target target) { update(std::move(target)); }

void ScrapedTarget::update(Target target) {
  std::lock_guard lock(mutex_);
  if (target_.job && target_.job->fingerprint() != target.job->fingerprint()) series_.forget_texts();
  target_ = std::move(target);
  status_.job = target_.labels.get("job");
  status_.instance = target_.labels.get("instance");
  status_.url = target_.url;
  status_.labels = target_.labels;
  status_.interval = target_.interval;
}

Result<HttpRequest> ScrapedTarget::request() const {
  std::lock_guard lock(mutex_);
  const ScrapeJob& job = *target_.job;
  HttpRequest request;
  request.url = target_.url;
  request.timeout = target_.timeout;
  request.connect_timeout = target_.timeout;
  request.max_response_bytes = job.body_size_limit;
  request.follow_redirects = job.follow_redirects;
  request.accept_compressed = job.enable_compression;
  request.proxy = job.proxy_url;
  request.tls = job.tls;
  request.headers = {{"Accept", std::string(kAccept)},
                     {"User-Agent", "Capstan"},
                     {"X-Prometheus-Scrape-Timeout-Seconds", fmt::format("{}", to_seconds(target_.timeout))}};
  const ScrapeCredentials& credentials = job.credentials;
  if (!credentials.username.empty()) {
    request.username = credentials.username;
    request.password = TRY(read_secret(credentials.password, credentials.password_file));
  }
  if (!credentials.type.empty()) {
    request.headers.emplace_back(
        "Authorization",
        credentials.type + " " + TRY(read_secret(credentials.credentials, credentials.credentials_file)));
  }
  return request;
}

bool ScrapedTarget::begin() {
  std::lock_guard lock(mutex_);
  if (under_way_ || retired_) return false;
  under_way_ = true;
  return true;
}

void ScrapedTarget::abandon(std::string why) {
  std::lock_guard lock(mutex_);
  under_way_ = false;
  status_.error = std::move(why);
}

Result<TargetSeries::Counts> ScrapedTarget::read_page(const Result<HttpResponse>& response, Time started,
                                                      SampleSink& sink) {
  if (!response) return fail(response.error());
  if (response->status != 200) {
    return fail(ErrorCode::kUnavailable, fmt::format("the server answered with HTTP status {}", response->status));
  }
  const Format format = format_of(response->header("content-type"));
  TargetSeries::Counts counts = TRY(series_.read(response->body, format, to_unix_ms(started), target_));
  TRY(sink.append(series_.samples()));
  series_.sent();
  return counts;
}

void ScrapedTarget::finish(const Result<HttpResponse>& response, Time started, Duration took, SampleSink& sink) {
  std::lock_guard lock(mutex_);
  under_way_ = false;
  if (retired_) return;
  const Result<TargetSeries::Counts> counts = read_page(response, started, sink);
  std::vector<SeriesSample> ended;
  if (!counts) {
    ended = series_.ended();  // What the page itself no longer had, before the sink refused it.
    series_.end_all(to_unix_ms(started));
  }
  ended.insert(ended.end(), series_.ended().begin(), series_.ended().end());
  status_.health = counts ? TargetHealth::kUp : TargetHealth::kDown;
  status_.error = counts ? "" : counts.error().to_string();
  status_.last_scrape = started;
  status_.last_duration = took;
  status_.samples = counts ? counts->scraped : 0;

  Status told = ended.empty() ? Status() : sink.append(ended);
  if (told) told = sink.append(report(started, counts.has_value(), took, counts.value_or(TargetSeries::Counts{})));
  if (!told) status_.error = told.error().to_string();
}

std::vector<SeriesSample> ScrapedTarget::report(Time at, bool up, Duration took,
                                                const TargetSeries::Counts& counts) const {
  std::vector<SeriesSample> samples;
  const auto add = [&](std::string_view name, double value) {
    Labels labels = target_.labels;
    labels.set(kMetricName, name);
    samples.push_back({std::move(labels), {to_unix_ms(at), value}});
  };
  add("up", up ? 1 : 0);
  add("scrape_duration_seconds", to_seconds(took));
  add("scrape_samples_scraped", static_cast<double>(counts.scraped));
  add("scrape_samples_post_metric_relabeling", static_cast<double>(counts.kept));
  add("scrape_series_added", static_cast<double>(counts.added));
  return samples;
}

void ScrapedTarget::retire(Time at, SampleSink& sink) {
  std::lock_guard lock(mutex_);
  retired_ = true;
  series_.end_all(to_unix_ms(at));
  std::vector<SeriesSample> ended = series_.ended();
  if (status_.health != TargetHealth::kUnknown) {
    for (SeriesSample& sample : report(at, false, Duration(0), {})) {
      sample.sample.value = stale_nan();
      ended.push_back(std::move(sample));
    }
  }
  if (!ended.empty() && !sink.append(ended)) status_.error = "the store did not take the last markers";
}

TargetStatus ScrapedTarget::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}
Duration ScrapedTarget::interval() const {
  std::lock_guard lock(mutex_);
  return target_.interval;
}
Duration ScrapedTarget::offset() const {
  std::lock_guard lock(mutex_);
  return target_.offset();
}

}  // namespace capstan::prometheus
