// Capstan's stores as metrics of its own, in the Prometheus text format.
#pragma once

#include <string>

#include "telemetry/logs/log_store.h"
#include "telemetry/metrics/metric_store.h"

namespace capstan::loop {

std::string own_metrics(const telemetry::MetricStore::Stats& metrics, const telemetry::LogStore::Stats& logs);

}  // namespace capstan::loop
