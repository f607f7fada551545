#include "schema/open_api.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/schema_reader.h"

namespace capstan::schema {
namespace {

constexpr size_t kMostKinds = 20'000;
constexpr std::string_view kGoPackages[] = {"io.k8s.api.", "io.k8s.apimachinery.", "io.k8s.kube-aggregator.",
                                            "io.k8s.apiextensions-apiserver."};

bool is_written_in_go(std::string_view pointer) {
  const std::string_view name = pointer.substr(pointer.rfind('/') + 1);
  return std::ranges::any_of(kGoPackages, [&](std::string_view package) { return name.starts_with(package); });
}

std::string api_version(const Json& name) {
  const std::string& group = name["group"].string_or_empty();
  const std::string& version = name["version"].string_or_empty();
  return group.empty() ? version : group + "/" + version;
}

// What documents call required, and is taken as zero or as nothing where it is missing.
constexpr std::pair<std::string_view, std::string_view> kNotRequired[] = {
    {".v1.LimitRangeSpec", "limits"},
    {".v1.ControllerRevision", "revision"},
    {".v1.CSINodeSpec", "drivers"},
    {".v1.CustomResourceDefinitionVersion", "served"},
    {".v1.CustomResourceDefinitionVersion", "storage"},
    {".v1.ISCSIVolumeSource", "lun"},
    {".v1.ISCSIPersistentVolumeSource", "lun"}};

// Says what documents leave out of built-in types: amounts are more than texts or numbers.
void amend(Json& definitions) {
  for (auto& [name, definition] : definitions.mutable_members()) {
    if (!is_written_in_go(name)) continue;
    if (name.ends_with("pkg.api.resource.Quantity")) definition = Json::object({{"format", "quantity"}});
    for (const auto& [type, field] : kNotRequired) {
      if (!name.ends_with(type) || !definition.contains("required")) continue;
      Json required = definition["required"];
      std::erase(required.mutable_items(), Json(field));
      definition.set("required", std::move(required));
    }
  }
}

// What every object of Kubernetes has beside what its definition says.
Json object_metadata() {
  const Json text = Json::object({{"type", "string"}});
  const Json texts = Json::object({{"type", "object"}, {"additionalProperties", text}});
  const Json number = Json::object({{"type", "integer"}});
  const Json time = Json::object({{"type", "string"}, {"format", "date-time"}});
  const Json flag = Json::object({{"type", "boolean"}});
  const Json owner = Json::object({{"type", "object"},
                                   {"required", Json::array({"apiVersion", "kind", "name", "uid"})},
                                   {"properties", Json::object({{"apiVersion", text},
                                                                {"kind", text},
                                                                {"name", text},
                                                                {"uid", text},
                                                                {"controller", flag},
                                                                {"blockOwnerDeletion", flag}})}});
  return Json::object(
      {{"type", "object"},
       {"properties", Json::object({{"name", text},
                                    {"generateName", text},
                                    {"namespace", text},
                                    {"labels", texts},
                                    {"annotations", texts},
                                    {"finalizers", Json::object({{"type", "array"}, {"items", text}})},
                                    {"ownerReferences", Json::object({{"type", "array"}, {"items", owner}})},
                                    {"uid", text},
                                    {"resourceVersion", text},
                                    {"selfLink", text},
                                    {"generation", number},
                                    {"creationTimestamp", time},
                                    {"deletionTimestamp", time},
                                    {"deletionGracePeriodSeconds", number},
                                    {"managedFields", Json::object({{"type", "array"}})}})}});
}

}  // namespace

Result<std::shared_ptr<const OpenApi>> OpenApi::parse(std::string_view text, std::string_view file) {
  return read(TRY(Json::parse(text, file)));
}

Result<std::shared_ptr<const OpenApi>> OpenApi::read(const Json& given) {
  const bool is_second = given["swagger"].is_string() && given["definitions"].is_object();
  if (!is_second && !given["openapi"].is_string()) {
    return fail(ErrorCode::kInvalidArgument,
                "expected an OpenAPI document of version 2 or 3, as `kubectl get --raw /openapi/v2` prints");
  }
  Json definitions = is_second ? given["definitions"] : given["components"]["schemas"];
  amend(definitions);
  const std::string at = is_second ? "#/definitions/" : "#/components/schemas/";
  const Json document = is_second ? Json::object({{"definitions", std::move(definitions)}})
                                  : Json::object({{"components", Json::object({{"schemas", std::move(definitions)}})}});
  auto made = std::make_shared<OpenApi>();
  made->is_whole_ = is_second;
  auto store = std::make_shared<NodeStore>();
  SchemaReader reader(document, *store, is_written_in_go);
  const Json& all = is_second ? document["definitions"] : document["components"]["schemas"];
  for (const auto& [name, definition] : all.members()) {
    for (const Json& kind : definition["x-kubernetes-group-version-kind"].items()) {
      if (made->kinds_.size() >= kMostKinds) {
        return fail(ErrorCode::kResourceExhausted, fmt::format("the document has more than {} kinds", kMostKinds));
      }
      made->kinds_.emplace(KindName(api_version(kind), kind["kind"].string_or_empty()),
                           Schema(store, *reader.read(at + name), Reading::kKubernetes));
    }
  }
  return made;
}

const Schema* OpenApi::find(const KindName& name) const {
  const auto found = kinds_.find(name);
  return found == kinds_.end() ? nullptr : &found->second;
}

std::map<KindName, Schema> schemas_of_definition(const Json& definition) {
  std::map<KindName, Schema> schemas;
  const Json& spec = definition["spec"];
  for (const Json& version : spec["versions"].items()) {
    Json schema = version["schema"]["openAPIV3Schema"];
    if (!schema.is_object() || version["served"] == Json(false)) continue;
    Json properties = schema["properties"];
    Json metadata = Json::object({{"$ref", "#/components/io.k8s.apimachinery.ObjectMeta"}});
    if (properties.contains("metadata")) {
      metadata = Json::object({{"allOf", Json::array({std::move(metadata), properties["metadata"]})}});
    }
    properties.set("metadata", std::move(metadata));
    for (std::string_view name : {"apiVersion", "kind"}) {
      if (!properties.contains(name)) properties.set(name, Json::object({{"type", "string"}}));
    }
    schema.set("properties", std::move(properties));
    const Json document = Json::object(
        {{"components",
          Json::object({{"schema", std::move(schema)}, {"io.k8s.apimachinery.ObjectMeta", object_metadata()}})}});
    auto store = std::make_shared<NodeStore>();
    SchemaReader reader(document, *store, is_written_in_go);
    const Node* root = reader.read("#/components/schema");
    const std::string group = spec["group"].string_or_empty() + "/" + version["name"].string_or_empty();
    schemas.emplace(KindName(group, spec["names"]["kind"].string_or_empty()),
                    Schema(std::move(store), *root, Reading::kKubernetes));
  }
  return schemas;
}

}  // namespace capstan::schema
