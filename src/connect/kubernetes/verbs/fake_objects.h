// What an API server does to single objects, for tests of verbs: keeps them by path, patches and deletes them, and
// refuses what contradicts their uid or version.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/fake_http_client.h"
#include "base/json.h"

namespace capstan::kubernetes {

class FakeObjects {
 public:
  // An object at "/api/v1/nodes/n1".
  void put(const std::string& path, const std::string& text) {
    nlohmann::json object = nlohmann::json::parse(text);
    object["metadata"]["uid"] = fmt::format("uid-{}", ++uids_);
    object["metadata"]["resourceVersion"] = std::to_string(++version_);
    objects_[path] = std::move(object);
  }
  void remove(const std::string& path) { objects_.erase(path); }
  bool has(const std::string& path) const { return objects_.contains(path); }
  Json at(const std::string& path) const { return *Json::parse(objects_.at(path).dump()); }
  std::string first_below(const std::string& path) const {
    const auto found = objects_.lower_bound(path + "/");
    return found == objects_.end() ? "" : found->first;
  }

  // What a person or another program changes meanwhile.
  void merge(const std::string& path, const std::string& patch) {
    objects_.at(path).merge_patch(nlohmann::json::parse(patch));
    objects_.at(path)["metadata"]["resourceVersion"] = std::to_string(++version_);
  }

  // Evictions that are refused for a disruption budget, as often as this.
  int refused_evictions = 0;
  int changes = 0;  // Without dry runs.
  // The changes of this number are cut off before they are done, as by a crash.
  int fails_at_change = 0;

  Result<HttpResponse> answer(const HttpRequest& request) {
    std::string path = request.url.substr(std::string("https://api").size());
    std::string query;
    if (const size_t mark = path.find('?'); mark != std::string::npos) {
      query = path.substr(mark + 1);
      path.resize(mark);
    }
    const bool dry_run = query.find("dryRun=All") != std::string::npos;
    const bool is_scale = path.ends_with("/scale");
    if (is_scale) path.resize(path.size() - std::string("/scale").size());
    if (path.ends_with("/eviction"))
      return evict(path.substr(0, path.size() - std::string("/eviction").size()), request);
    if (request.method == "POST") return create(path, nlohmann::json::parse(request.body));
    if (request.method == "GET" && !objects_.contains(path)) {
      return is_collection(path) ? list(path, query) : refusal(404, "NotFound");
    }
    if (!objects_.contains(path)) return refusal(404, "NotFound");
    if (request.method == "GET") return HttpResponse{200, {}, shown(path, is_scale).dump()};
    if (request.method == "DELETE") return erase(path, nlohmann::json::parse(request.body));
    return change(path, request, is_scale, dry_run);
  }

 private:
  // A path that ends with a type is that of all its objects, or of those of a namespace.
  static bool is_collection(const std::string& path) {
    constexpr std::array<std::string_view, 4> kTypes = {"/pods", "/horizontalpodautoscalers", "/scaledobjects",
                                                        "/applications"};
    return std::ranges::any_of(kTypes, [&](std::string_view type) { return path.ends_with(type); });
  }

  static bool is_in(const std::string& at, const std::string& collection) {
    const size_t type = collection.rfind('/');
    const std::string name = collection.substr(type) + "/";
    const bool of_namespace = collection.find("/namespaces/") != std::string::npos;
    return of_namespace ? at.starts_with(collection + "/")
                        : at.starts_with(collection.substr(0, type)) && at.find(name) != std::string::npos;
  }

  static HttpResponse refusal(int status, const std::string& reason) {
    return {status,
            {},
            fmt::format(R"({{"kind":"Status","code":{},"reason":"{}","message":"no: {}"}})", status, reason, reason)};
  }

  nlohmann::json shown(const std::string& path, bool is_scale) const {
    const nlohmann::json& object = objects_.at(path);
    if (!is_scale) return object;
    nlohmann::json scale = {{"kind", "Scale"}, {"metadata", object["metadata"]}, {"spec", nlohmann::json::object()}};
    if (const int replicas = object["spec"].value("replicas", 1); replicas != 0) scale["spec"]["replicas"] = replicas;
    return scale;
  }

  Result<HttpResponse> list(const std::string& path, const std::string& query) const {
    nlohmann::json items = nlohmann::json::array();
    const std::string by_name = "fieldSelector=metadata.name%3D";
    const size_t selector = query.find(by_name);
    const std::string name =
        selector == std::string::npos
            ? ""
            : query.substr(selector + by_name.size(), query.find('&', selector) - selector - by_name.size());
    for (const auto& [at, object] : objects_) {
      if (is_in(at, path) && (name.empty() || object["metadata"]["name"] == name)) items.push_back(object);
    }
    return HttpResponse{
        200, {}, nlohmann::json{{"kind", "List"}, {"metadata", nlohmann::json::object()}, {"items", items}}.dump()};
  }

  Result<HttpResponse> create(const std::string& path, nlohmann::json object) {
    const std::string at = path + "/" + object["metadata"]["name"].get<std::string>();
    if (objects_.contains(at)) return refusal(409, "AlreadyExists");
    ++changes;
    put(at, object.dump());
    return HttpResponse{201, {}, objects_.at(at).dump()};
  }

  Result<HttpResponse> erase(const std::string& path, const nlohmann::json& options) {
    const nlohmann::json uid = options.value("preconditions", nlohmann::json::object()).value("uid", nlohmann::json());
    if (!uid.is_null() && uid != objects_.at(path)["metadata"]["uid"]) return refusal(409, "Conflict");
    ++changes;
    const std::string left = objects_.at(path).dump();
    objects_.erase(path);
    return HttpResponse{200, {}, left};
  }

  Result<HttpResponse> evict(const std::string& pod, const HttpRequest& request) {
    if (!objects_.contains(pod)) return refusal(404, "NotFound");
    if (refused_evictions > 0) {
      --refused_evictions;
      return refusal(429, "TooManyRequests");
    }
    return erase(pod, nlohmann::json::parse(request.body)["deleteOptions"]);
  }

  Result<HttpResponse> change(const std::string& path, const HttpRequest& request, bool is_scale, bool dry_run) {
    const nlohmann::json old = shown(path, is_scale);
    nlohmann::json changed = old;
    const nlohmann::json body = nlohmann::json::parse(request.body);
    try {
      if (request.method == "PUT") {
        changed = body;
      } else if (body.is_array()) {
        changed = old.patch(body);
      } else {
        changed.merge_patch(body);
      }
    } catch (const nlohmann::json::exception&) {
      return refusal(422, "Invalid");
    }
    if (changed["metadata"]["uid"] != old["metadata"]["uid"]) return refusal(422, "Invalid");
    if (changed["metadata"]["resourceVersion"] != old["metadata"]["resourceVersion"]) return refusal(409, "Conflict");
    if (dry_run) return HttpResponse{200, {}, changed.dump()};
    if (changes + 1 == fails_at_change) return fail(ErrorCode::kUnavailable, "cut off");
    ++changes;
    nlohmann::json& kept = objects_[path];
    if (is_scale) {
      kept["spec"]["replicas"] = changed["spec"].value("replicas", 0);
    } else {
      kept = changed;
    }
    kept["metadata"]["resourceVersion"] = std::to_string(++version_);
    return HttpResponse{200, {}, shown(path, is_scale).dump()};
  }

  std::map<std::string, nlohmann::json> objects_;
  int uids_ = 0;
  int version_ = 100;
};

}  // namespace capstan::kubernetes
