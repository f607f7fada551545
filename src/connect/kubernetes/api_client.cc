#include "connect/kubernetes/api_client.h"

#include <fmt/format.h>

#include "connect/kubernetes/json_splitter.h"
#include "connect/kubernetes/object_reader.h"
#include "connect/kubernetes/query_text.h"

namespace capstan::kubernetes {
namespace {

constexpr size_t kMaxObjectBytes = 64 << 20;

std::string write_query(const WriteOptions& options) {
  return QueryText()
      .add("dryRun", options.dry_run ? "All" : "")
      .add("fieldManager", options.field_manager)
      .add("fieldValidation", options.field_validation)
      .text();
}

std::string_view content_type(PatchKind kind) {
  switch (kind) {
    case PatchKind::kJson: return "application/json-patch+json";
    case PatchKind::kMerge: return "application/merge-patch+json";
    case PatchKind::kStrategic: return "application/strategic-merge-patch+json";
  }
  return "";
}

std::string delete_body(const DeleteOptions& options) {
  Json body = Json::object({{"kind", "DeleteOptions"}, {"apiVersion", "v1"}});
  if (options.dry_run) body.set("dryRun", Json::array({"All"}));
  if (!options.propagation.empty()) body.set("propagationPolicy", options.propagation);
  if (options.grace_seconds) body.set("gracePeriodSeconds", *options.grace_seconds);
  Json preconditions = Json::object();
  if (!options.uid.empty()) preconditions.set("uid", options.uid);
  if (!options.resource_version.empty()) preconditions.set("resourceVersion", options.resource_version);
  if (!preconditions.members().empty()) body.set("preconditions", std::move(preconditions));
  return body.dump();
}

Status check_name(const ResourceType& type, const ObjectName& object) {
  if (!object.name.empty()) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("which of {}? A name is needed", type.name()));
}

}  // namespace

Result<Json> ApiClient::send(ApiRequest request, const std::stop_token& stop) const {
  HttpResponse response = TRY(transport_.send(request, stop));
  ObjectReader reader;
  return reader.read(response.body);
}

Result<Json> ApiClient::get(const ResourceType& type, const ObjectName& object, const std::string& subresource,
                            const std::stop_token& stop) const {
  TRY(check_name(type, object));
  return send({.path = TRY(resource_path(type, object, subresource))}, stop);
}

Result<Json> ApiClient::get_with_managers(const ResourceType& type, const ObjectName& object,
                                          const std::stop_token& stop) const {
  TRY(check_name(type, object));
  HttpResponse response = TRY(transport_.send({.path = TRY(resource_path(type, object))}, stop));
  ObjectReader reader;
  return reader.read(response.body, true);
}

Result<ListPage> ApiClient::list(const ResourceType& type, const ListOptions& options,
                                 const std::stop_token& stop) const {
  ApiRequest request;
  request.path = TRY(resource_path(type, {options.name_space, ""}));
  request.query = QueryText()
                      .add("limit", options.limit > 0 ? std::to_string(options.limit) : "")
                      .add("continue", options.continue_from)
                      .add("labelSelector", options.label_selector)
                      .add("fieldSelector", options.field_selector)
                      .add("resourceVersion", options.resource_version)
                      .add("resourceVersionMatch", options.resource_version_match)
                      .text();
  const HttpResponse response = TRY(transport_.send(request, stop));
  ListPage page;
  ObjectReader reader;
  JsonSplitter splitter(JsonSplitter::Shape::kList, kMaxObjectBytes);
  TRY(splitter.feed(response.body, [&](std::string& text) -> Status {
    Json item = TRY(reader.read(text));
    if (!item.contains("apiVersion")) item.set("apiVersion", type.api_version());
    if (!item.contains("kind")) item.set("kind", type.kind);
    page.items.push_back(std::move(item));
    return {};
  }));
  if (!splitter.is_complete()) return fail(ErrorCode::kCorrupt, "the list ended before it was complete");
  const Json rest = TRY(Json::parse(splitter.rest()));
  page.continue_from = rest["metadata"]["continue"].string_or_empty();
  page.resource_version = rest["metadata"]["resourceVersion"].string_or_empty();
  page.remaining = rest["metadata"]["remainingItemCount"].int_or(0);
  return page;
}

Result<Json> ApiClient::create(const ResourceType& type, const ObjectName& where, const Json& object,
                               const WriteOptions& options, const std::stop_token& stop) const {
  ApiRequest request{.method = "POST", .path = TRY(resource_path(type, {where.name_space, ""}))};
  request.query = write_query(options);
  request.body = object.dump();
  return send(std::move(request), stop);
}

Result<Json> ApiClient::apply(const ResourceType& type, const ObjectName& name, const Json& object, bool force,
                              const WriteOptions& options, const std::stop_token& stop) const {
  TRY(check_name(type, name));
  ApiRequest request{.method = "PATCH", .path = TRY(resource_path(type, name, options.subresource))};
  request.query = write_query(options) + (force ? "&force=true" : "");
  request.content_type = "application/apply-patch+yaml";  // JSON is YAML, and older servers know no other name.
  request.body = object.dump();
  return send(std::move(request), stop);
}

Result<Json> ApiClient::patch(const ResourceType& type, const ObjectName& name, PatchKind kind, const Json& patch,
                              const WriteOptions& options, const std::stop_token& stop) const {
  TRY(check_name(type, name));
  ApiRequest request{.method = "PATCH", .path = TRY(resource_path(type, name, options.subresource))};
  request.query = write_query(options);
  request.content_type = content_type(kind);
  request.body = patch.dump();
  return send(std::move(request), stop);
}

Result<Json> ApiClient::update(const ResourceType& type, const ObjectName& name, const Json& object,
                               const WriteOptions& options, const std::stop_token& stop) const {
  TRY(check_name(type, name));
  ApiRequest request{.method = "PUT", .path = TRY(resource_path(type, name, options.subresource))};
  request.query = write_query(options);
  request.body = object.dump();
  return send(std::move(request), stop);
}

Result<Json> ApiClient::remove(const ResourceType& type, const ObjectName& name, const DeleteOptions& options,
                               const std::stop_token& stop) const {
  TRY(check_name(type, name));  // Without one it would be all of them.
  ApiRequest request{.method = "DELETE", .path = TRY(resource_path(type, name))};
  request.body = delete_body(options);
  return send(std::move(request), stop);
}

Result<int64_t> ApiClient::replicas(const ResourceType& type, const ObjectName& name,
                                    const std::stop_token& stop) const {
  const Json scale = TRY(get(type, name, "scale", stop));
  return scale["spec"]["replicas"].int_or(0);  // 0 is left out.
}

Result<Json> ApiClient::scale(const ResourceType& type, const ObjectName& name, int64_t replicas,
                              const std::string& uid, const WriteOptions& options, const std::stop_token& stop) const {
  WriteOptions of_scale = options;
  of_scale.subresource = "scale";
  if (!uid.empty()) {
    const Json same = Json::object({{"op", "test"}, {"path", "/metadata/uid"}, {"value", uid}});
    const Json wanted = Json::object({{"op", "add"}, {"path", "/spec/replicas"}, {"value", replicas}});
    return patch(type, name, PatchKind::kJson, Json::array({same, wanted}), of_scale, stop);
  }
  const Json wanted = Json::object({{"spec", Json::object({{"replicas", replicas}})}});
  return patch(type, name, PatchKind::kMerge, wanted, of_scale, stop);
}

}  // namespace capstan::kubernetes
