// How a REST service is spoken to, as a pack describes it:
//
//   service: mcm
//   protocol: rest
//   title: MCM, the cluster service
//   needs: [api_key]                       # keys of its settings beside 'url'
//   headers: { Accept: application/json }
//   errors: { code: $.code, message: $.message, details: [$.blocking, $.fields] }
//             # and means: { "0000": 200, NO_SUCH_USER: 404, LOGIN: 401, BUSY: 429, "*": 400 }: the status that a code
//             # stands for, whatever HTTP says; "*" for those of a success that are not listed
//   rate: 20/s                             # calls it is sent at most
//   in_flight: 16                          # at once
//   timeout: 30s                           # for one call
//   paging: { page: page, first: 0, size: size, per_page: 100, total: $.total_elements }
//             # or { offset: offset, limit: limit, per_page: 100, total: $.total }
//             # or { cursor: cursor, next: $.nextCursor, limit: limit, per_page: 100 }
//             # or { link: next, limit: per_page, per_page: 100 }         RFC 8288
//   pagings: { items: { … } }              # others, for steps that say 'paging: items'
//   logins:
//     admin:                               # the first is the one that calls use unless they say 'as'
//       send: { X-API-Key: "{{settings.api_key}}" }
//     user:
//       takes: [user, password]            # what a step that says 'as: user' gives it
//       steps: [ … ]                       # without a login of their own; cookies are kept
//       refresh: [ … ]                     # in place of the steps when it is old, with what they took
//       send: { Authorization: "Bearer {{access}}" }
//       lasts: "{{seconds}}"               # seconds, or a duration
//       expired: [401]                     # statuses that mean: log in again
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config.h"
#include "service/procedure.h"

namespace capstan::rest {

inline constexpr auto kMethods = std::to_array<std::string_view>({"get", "post", "put", "patch", "delete", "head"});

struct Paging {
  enum class By { kNone, kPage, kOffset, kCursor, kLink };
  By by = By::kNone;
  std::string parameter;  // "page", "offset", "cursor"
  int64_t first = 1;      // The number of the first page.
  std::string size;       // The parameter that says how many a page has; "" for none.
  int64_t per_page = 100;
  JsonPath total;  // How many items there are; "" when only an empty page tells the end.
  JsonPath next;   // The next cursor.
};

struct Login {
  std::string name;
  std::vector<std::string> takes;
  service::Procedure steps;
  service::Procedure refresh;  // Of an old one, with what the steps took; where it fails, the steps follow.
  std::vector<std::pair<std::string, service::Template>> send;  // Headers of every call.
  std::optional<std::pair<service::Template, service::Template>> basic;
  std::optional<service::Template> lasts;
  std::vector<int> expired{401};
};

struct RestSpec {
  Where at;
  std::string name;
  std::string title;
  std::vector<std::string> needs;
  std::vector<std::pair<std::string, std::string>> headers;
  JsonPath error_code;
  JsonPath error_message;
  std::vector<JsonPath> error_details;
  std::map<std::string, int, std::less<>> error_means;  // By code; "*" for others.
  double calls_per_second = 0;                          // 0: as many as there are.
  int in_flight = 16;
  Duration timeout{30'000};
  Paging paging;
  std::map<std::string, Paging, std::less<>> pagings;  // By name.
  std::vector<Login> logins;
};

// Whether `request` is one of HTTP: exactly one of get, post, put, patch, delete and head with a path, and query,
// headers, body or form, basic authentication (`basic: { user, password }`), and the name of a way of paging.
Status check_request(const Json& request);

// Mistakes are added to `problems`. `check` knows the requests of other services, for logins that go by them.
RestSpec read_rest_spec(const ConfigNode& document, const service::CheckRequest& check, std::vector<Error>& problems);

}  // namespace capstan::rest
