// Resources in words.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "model/resource.h"
#include "model/words.h"

namespace capstan::explain {

// "process a.out (pid 42, user eve)"
Words describe(const Resource& resource);

// "2 processes a.out (pid 42, 43, user eve)"; all must be of one kind.
Words describe_group(const std::vector<Resource>& resources);

// "4 s", "3 min", "2 h": how people say a span.
Words say_duration(Duration duration);

// The time in `fields.started_at` or `fields.<key>`, when the resource has such a field.
std::optional<Time> time_field(const Resource& resource, std::string_view key);

}  // namespace capstan::explain
