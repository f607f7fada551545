// Which resource of the catalog an alert's labels speak of.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "model/labels.h"
#include "model/resource.h"
#include "model/table.h"

namespace capstan::detect {

// Asks the catalog at most once for the same labels; make one for each round. Not thread-safe.
class ResourceFinder {
 public:
  ResourceFinder(const SqlSource& sql, Time at) : sql_(sql), at_(at) {}

  // In this order: the `resource` or `process` label when it is an id; the scraped target of `job` and `instance`; the
  // host that `instance`, `host`, `node` or `nodename` names (a port is ignored). "" when nothing matches.
  ResourceId find(const Labels& labels);

 private:
  ResourceId first_id(std::string_view sql, std::string_view value);

  const SqlSource& sql_;
  Time at_;
  std::map<std::pair<std::string, std::string>, ResourceId> known_;
};

}  // namespace capstan::detect
