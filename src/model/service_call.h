// How a service that packs describe is asked and changed, whatever protocol it speaks: connectors implement it, and the
// description's steps (src/service) are made of it.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace capstan {

// One request, with every template filled in. May hold secrets: it is never printed.
struct ServiceCall {
  // In the words of the protocol: {"post": "/clusters", "body": {…}}, {"operation": "CreateRole", "input": {…}}.
  Json request = Json::object();
  std::string login;                 // Which of the service's ways to log in; "" for its first.
  Json parameters = Json::object();  // What that login takes beside the settings: {"user": "trial_user01", …}.
  bool fresh = false;                // Logs in anew, whatever is known of that login.
  bool reads_text = false;           // What is taken out of the answer is taken out of its text: any text will do.
  std::string collect;               // Not "": follows all pages; the answer's body is what lies there on each, joined.
};

struct ServiceAnswer {
  int status = 0;  // As HTTP's; protocols without one say 200 or 400.
  Json body;       // Null where there is none or it is not JSON.
  std::string text;
  std::vector<std::pair<std::string, std::string>> headers;
  bool may_retry = false;  // The service did not act on it and says so (429, or a throttled call).

  bool ok() const { return status >= 200 && status < 300; }
};

// Called from many threads.
class ServiceCaller {
 public:
  virtual ~ServiceCaller() = default;
  // Whether `request` can be a request of this protocol; templates in it are not filled in yet.
  virtual Status check(const Json& request) const = 0;
  // Whether it changes something outside, and if so, whether doing it twice is as doing it once.
  virtual bool changes(const Json& request) const = 0;
  virtual bool repeatable(const Json& request) const = 0;
  // Whether what templates bring into this member of a request has to be percent-encoded.
  virtual bool encodes(std::string_view member) const = 0;
  // What messages may show of it: method and place, no values that may be secret.
  virtual std::string describe(const Json& request) const = 0;
  // Any status is an answer; what the service says is wrong is in `explain`. Errors as base/http_client.h has them:
  // they tell whether the other side can have acted on it.
  virtual Result<ServiceAnswer> call(const ServiceCall& call, const std::stop_token& stop) = 0;
  // A sentence of what an answer with an error says: "409 CLUSTER_EXISTS: the name is taken".
  virtual std::string explain(const ServiceAnswer& answer) const = 0;
};

}  // namespace capstan
