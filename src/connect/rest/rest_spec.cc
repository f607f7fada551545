#include "connect/rest/rest_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/suggest.h"

namespace capstan::rest {
namespace {

constexpr auto kMembers = std::to_array<std::string_view>({"query", "headers", "body", "form", "basic", "paging"});

class Reader {
 public:
  Reader(const ConfigNode& document, const service::CheckRequest& check, std::vector<Error>& problems)
      : map_(document, "a REST service"), check_(check), problems_(problems) {
    spec_.at = document.where;
  }

  RestSpec read() {
    spec_.name = map_.required_string("service");
    (void)map_.one_of("protocol", {"rest"}, "rest");
    spec_.title = map_.string_or("title", spec_.name);
    spec_.needs = map_.strings("needs");
    spec_.headers = map_.string_map("headers");
    spec_.in_flight = static_cast<int>(map_.int_or("in_flight", spec_.in_flight, 1, 1'000));
    spec_.timeout = std::max(Duration(100), map_.duration_or("timeout", spec_.timeout));
    if (const ConfigNode* rate = map_.node("rate")) read_rate(*rate);
    if (const ConfigNode* errors = map_.node("errors")) read_errors(*errors);
    if (const ConfigNode* paging = map_.node("paging")) spec_.paging = read_paging(*paging);
    if (const ConfigNode* pagings = map_.node("pagings")) {
      for (const ConfigMember& member : pagings->members) spec_.pagings[member.key.scalar] = read_paging(member.value);
    }
    if (const ConfigNode* logins = map_.required_node("logins", ConfigNode::Kind::kMap)) {
      for (const ConfigMember& member : logins->members) spec_.logins.push_back(read_login(member));
      if (logins->members.empty()) map_.problem(*logins, "'logins' needs at least one way to log in");
    }
    take(map_);
    return std::move(spec_);
  }

 private:
  void take(MapReader& reader) {
    for (Error& error : reader.problems()) problems_.push_back(std::move(error));
  }

  void read_rate(const ConfigNode& node) {
    const std::string_view text = node.scalar;
    const size_t slash = text.find('/');
    const std::string_view unit = slash == std::string_view::npos ? "" : text.substr(slash + 1);
    const std::string_view number = text.substr(0, slash);
    double count = 0;
    const auto [last, error] = std::from_chars(number.data(), number.data() + number.size(), count);
    const bool right = error == std::errc() && last == number.data() + number.size() && count > 0;
    if (!right || (unit != "s" && unit != "min"))
      return map_.problem(node, fmt::format("'rate' must be like 20/s or 300/min, found '{}'", text));
    spec_.calls_per_second = unit == "s" ? count : count / 60;
  }

  JsonPath path(MapReader& reader, std::string_view key) {
    const ConfigNode* node = reader.node(key);
    return node ? parse(reader, *node) : JsonPath();
  }
  static JsonPath parse(MapReader& reader, const ConfigNode& node) {
    // Without "$.": errors show the path as a name.
    std::string_view text = node.scalar;
    if (text.starts_with("$.")) text.remove_prefix(2);
    if (text == "$") text = "";
    Result<JsonPath> parsed = JsonPath::parse(text);
    if (!parsed) reader.problem(node, parsed.error().message);
    return parsed.value_or(JsonPath());
  }

  void read_errors(const ConfigNode& node) {
    MapReader reader(node, "'errors'");
    spec_.error_code = path(reader, "code");
    spec_.error_message = path(reader, "message");
    if (const ConfigNode* means = reader.node("means")) read_meanings(reader, *means);
    if (const ConfigNode* details = reader.node("details")) {
      for (const ConfigNode& item : details->items) spec_.error_details.push_back(parse(reader, item));
    }
    take(reader);
  }

  void read_meanings(MapReader& reader, const ConfigNode& node) {
    if (spec_.error_code.empty()) reader.problem(node, "'means' needs 'code': where the code lies");
    if (!node.is_map()) return reader.problem(node, "'means' must be a map of codes and statuses, like { BUSY: 429 }");
    for (const ConfigMember& member : node.members) {
      const int64_t status = member.value.to_json().int_or(0);
      if (status < 200 || status > 599) reader.problem(member.value, "a code stands for a status from 200 to 599");
      spec_.error_means[member.key.scalar] = static_cast<int>(status);
    }
  }

  Paging read_paging(const ConfigNode& node) {
    Paging paging;
    MapReader reader(node, "'paging'");
    const bool by_page = reader.has("page");
    const bool by_offset = reader.has("offset");
    const bool by_cursor = reader.has("cursor");
    const bool by_link = reader.has("link");
    if (by_page + by_offset + by_cursor + by_link != 1)
      reader.problem(node, "'paging' needs exactly one of page, offset, cursor and link");
    paging.by = by_page     ? Paging::By::kPage
                : by_offset ? Paging::By::kOffset
                : by_cursor ? Paging::By::kCursor
                            : Paging::By::kLink;
    paging.parameter = reader.string_or(by_page ? "page" : by_offset ? "offset" : by_cursor ? "cursor" : "link", "");
    paging.first = reader.int_or("first", by_offset ? 0 : 1, 0, 1);
    paging.size = reader.string_or(by_page ? "size" : "limit", "");
    paging.per_page = reader.int_or("per_page", paging.per_page, 1, 10'000);
    paging.total = path(reader, "total");
    paging.next = path(reader, "next");
    if (by_cursor && paging.next.empty())
      reader.problem(node, "paging by cursor needs 'next': where the next one lies");
    take(reader);
    return paging;
  }

  service::Template parse_template(MapReader& reader, std::string_view text, const ConfigNode& at) {
    Result<service::Template> parsed = service::Template::parse(text);
    if (!parsed) reader.problem(at, parsed.error().message);
    return parsed.value_or(service::Template());
  }

  service::Procedure steps(MapReader& reader, std::string_view key) {
    const ConfigNode* steps = reader.node(key);
    if (!steps) return {};
    const service::CheckRequest own = [this](std::string_view service, const Json& request) {
      return service == spec_.name ? check_request(request) : check_(service, request);
    };
    return service::read_procedure(*steps, spec_.name, own, problems_);
  }

  Login read_login(const ConfigMember& member) {
    Login login;
    login.name = member.key.scalar;
    MapReader reader(member.value, "a login");
    login.takes = reader.strings("takes");
    login.steps = steps(reader, "steps");
    login.refresh = steps(reader, "refresh");
    if (!login.refresh.empty() && login.steps.empty())
      reader.problem(*reader.node("refresh"), "'refresh' goes on from what 'steps' took, which are missing");
    for (const auto& [name, value] : reader.string_map("send"))
      login.send.emplace_back(name, parse_template(reader, value, reader.at("send")));
    if (const ConfigNode* basic = reader.node("basic")) {
      MapReader both(*basic, "'basic'");
      auto user = parse_template(both, both.required_string("user"), *basic);
      auto password = parse_template(both, both.required_string("password"), *basic);
      login.basic = std::pair(std::move(user), std::move(password));
      take(both);
    }
    if (reader.has("lasts")) login.lasts = parse_template(reader, reader.string_or("lasts", ""), reader.at("lasts"));
    if (const ConfigNode* expired = reader.node("expired")) {
      login.expired.clear();
      const Json statuses = expired->to_json();
      for (const Json& status : statuses.items()) login.expired.push_back(static_cast<int>(status.int_or(0)));
      if (login.expired.empty()) reader.problem(*expired, "'expired' must be a list of statuses, like [401]");
    }
    take(reader);
    return login;
  }

  MapReader map_;
  const service::CheckRequest& check_;
  std::vector<Error>& problems_;
  RestSpec spec_;
};

}  // namespace

Status check_request(const Json& request) {
  std::string method;
  for (const auto& [key, value] : request.members()) {
    if (std::ranges::find(kMethods, key) != kMethods.end()) {
      if (!method.empty())
        return fail(ErrorCode::kInvalidArgument, fmt::format("a request is either '{}' or '{}'", method, key));
      if (!value.string_or_empty().starts_with('/'))
        return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' needs a path that begins with '/'", key));
      method = key;
      continue;
    }
    if (std::ranges::find(kMembers, key) == kMembers.end()) {
      std::vector<std::string_view> known(kMethods.begin(), kMethods.end());
      known.insert(known.end(), kMembers.begin(), kMembers.end());
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("unknown key '{}' in a step{}", key, did_you_mean(key, known)));
    }
    if (key != "body" && key != "paging" && !value.is_object())
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be a map", key));
  }
  if (method.empty())
    return fail(ErrorCode::kInvalidArgument, "a step needs one of get, post, put, patch, delete and head");
  const Json& basic = request["basic"];
  const bool names_both = basic["user"].is_string() && basic["password"].is_string() && basic.members().size() == 2;
  if (request.contains("basic") && !names_both)
    return fail(ErrorCode::kInvalidArgument, "'basic' needs 'user' and 'password', and nothing else");
  if (request.contains("body") && request.contains("form"))
    return fail(ErrorCode::kInvalidArgument, "a request has either a 'body' or a 'form'");
  return {};
}

RestSpec read_rest_spec(const ConfigNode& document, const service::CheckRequest& check, std::vector<Error>& problems) {
  return Reader(document, check, problems).read();
}

}  // namespace capstan::rest
