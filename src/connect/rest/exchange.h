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
// The status is what the description says that the body's code means, else HTTP's.
Result<ServiceAnswer> read_answer(const RestSpec& spec, HttpResponse response);

// "409 NAME_TAKEN: the name is taken (existing: c-1)".
std::string explain(const RestSpec& spec, const ServiceAnswer& answer);

// Whether a page for people came, whatever its status says: a login's form, a proxy's sorry.
bool is_html(const ServiceAnswer& answer);
// Whether the request asks for one: it says so in its Accept, or sends a form as a browser would.
bool wants_html(const Json& request);

// The target of the Link header's `rel="next"` (RFC 8288) as path and query below the endpoint's URL; "" for none.
// `path` is what was asked for. One that leads elsewhere is kCorrupt: the session's credentials would go there.
Result<std::string> next_link(const HttpHeaders& headers, const std::string& relation, const Endpoint& endpoint,
                              std::string_view path);

}  // namespace capstan::rest
