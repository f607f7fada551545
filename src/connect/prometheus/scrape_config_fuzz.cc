#include <cstdint>

#include "connect/prometheus/scrape_config.h"
#include "connect/prometheus/target.h"

// Whatever is written into a configuration, it is taken or refused; what is taken makes targets or says why not.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan;
  const auto documents = parse_yaml({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (!documents) return 0;
  for (const ConfigNode& document : *documents) {
    const auto config = prometheus::read_scrape_config(document);
    if (!config) continue;
    for (const prometheus::ScrapeJob& job : config->jobs) {
      const auto shared = std::make_shared<const prometheus::ScrapeJob>(job);
      for (const auto& group : job.groups) {
        for (const std::string& address : group.targets) (void)prometheus::make_target(shared, address, group.labels);
      }
    }
  }
  return 0;
}
