// One request of a description as HTTP, and one answer of HTTP as a description reads it.
#pragma once

#include <string>

#include "base/http_client.h"
#include "base/json.h"
#include "base/result.h"
#include "connect/rest/rest_spec.h"
#include "model/service_call.h"

namespace capstan::rest {

// "post" of {"post": "/clusters", "body": {…}}; "" when there is none.
std::string method_of(const Json& request);
bool is_method(std::string_view member);
// "post /clusters/{{id}}": what messages may show.
std::string describe(const Json& request);

// Where a service is and how it is reached, from its settings.
struct Endpoint {
  std::string url;  // Without a slash at its end.
  HttpTls tls;
  std::string proxy;
  Duration timeout{30'000};
};

// An error for what cannot be sent: a header with a line break, a body of a wrong type.
Result<HttpRequest> make_request(const Endpoint& endpoint, const RestSpec& spec, const Json& request);

// kCorrupt for what says that it is JSON and is not: it may have been cut off on its way.
Result<ServiceAnswer> read_answer(HttpResponse response);

// "409 NAME_TAKEN: the name is taken (existing: c-1)".
std::string explain(const RestSpec& spec, const ServiceAnswer& answer);

// The target of the Link header's `rel="next"` (RFC 8288) as path and query; "" for none. One that leads to another
// origin is kCorrupt: the session's credentials would go there.
Result<std::string> next_link(const ServiceAnswer& answer, const std::string& relation, const Endpoint& endpoint);

}  // namespace capstan::rest
