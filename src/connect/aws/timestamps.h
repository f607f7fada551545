// The three forms in which AWS writes times.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "connect/aws/service_model.h"

namespace capstan::aws {

// "2015-08-30T12:36:00Z", with milliseconds where there are any.
std::string iso8601(Time time);
// "20150830T123600Z", as signatures have it.
std::string iso8601_basic(Time time);
// "Sun, 30 Aug 2015 12:36:00 GMT"
std::string rfc822(Time time);

// What an operator or a service writes: RFC 3339, RFC 822 or Unix seconds, as text or as a number.
Result<Time> read_timestamp(const Json& value);

// As `format` has it. kOfProtocol is the caller's business: it is written as ISO 8601.
Json write_timestamp(Time time, TimestampFormat format);

}  // namespace capstan::aws
