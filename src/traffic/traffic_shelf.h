// The sources of traffic that are in force: read again when their files change, while others ask.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "traffic/traffic_file.h"

namespace capstan::traffic {

// Thread-safe.
class TrafficShelf {
 public:
  // Puts these files in force, those of packs first. Of a file with mistakes the last good version stays. Gives all
  // mistakes with file and line.
  std::vector<Error> load(const std::vector<TrafficText>& files, const std::vector<KindSpec>& kinds,
                          const SqlSource* sql);

  std::shared_ptr<const TrafficBook> book() const;

 private:
  std::mutex loading_;
  std::map<std::string, std::string> good_;  // The last texts without mistakes, by path.
  mutable std::mutex mutex_;
  std::shared_ptr<const TrafficBook> book_ = std::make_shared<const TrafficBook>();
};

}  // namespace capstan::traffic
