// What can be asked of an API server about objects of any type, and done to them.
// Source: kubernetes.io, "Kubernetes API Concepts" and "Server-Side Apply".
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "connect/kubernetes/api_transport.h"
#include "connect/kubernetes/resource_type.h"

namespace capstan::kubernetes {

struct ListOptions {
  std::string name_space;      // "" for all.
  std::string label_selector;  // "app=web,tier!=db"
  std::string field_selector;  // "spec.nodeName=n1"
  int limit = 500;
  std::string continue_from;           // Of the page before; "" for the first.
  std::string resource_version;        // "" for the most recent; not with `continue_from`.
  std::string resource_version_match;  // "NotOlderThan", "Exact"; "" with no version.
};

struct ListPage {
  std::vector<Json> items;
  std::string continue_from;  // "" on the last page.
  std::string resource_version;
  int64_t remaining = 0;  // How many more there are about; 0 where the server does not say.
};

struct WriteOptions {
  bool dry_run = false;  // Everything is checked, nothing is kept.
  std::string field_manager = "capstan";
  std::string subresource;       // "status"
  std::string field_validation;  // "Strict" refuses unknown fields, "Warn", "Ignore"; "" for the server's choice.
};

struct DeleteOptions {
  bool dry_run = false;
  std::string uid;               // Only the object of this uid,
  std::string resource_version;  // and only in this state; "" for any.
  std::string propagation;       // "Foreground", "Background", "Orphan"; "" for the server's choice.
  std::optional<int64_t> grace_seconds;
};

enum class PatchKind {
  kJson,       // A list of operations, RFC 6902.
  kMerge,      // RFC 7386: lists are replaced.
  kStrategic,  // Kubernetes' own: lists are merged by key. Not for custom resources.
};

// Thread-safe. Objects come without metadata.managedFields but where it says so. Errors are those of ApiTransport, and
// kInvalidArgument for names that can be none.
class ApiClient {
 public:
  explicit ApiClient(ApiTransport& transport) : transport_(transport) {}

  Result<Json> get(const ResourceType& type, const ObjectName& object, const std::string& subresource = "",
                   const std::stop_token& stop = {}) const;
  // With metadata.managedFields: who set which field.
  Result<Json> get_with_managers(const ResourceType& type, const ObjectName& object,
                                 const std::stop_token& stop = {}) const;
  // One page. kFailedPrecondition when `continue_from` has expired.
  Result<ListPage> list(const ResourceType& type, const ListOptions& options, const std::stop_token& stop = {}) const;

  // `where` names the namespace; the name is in the object, or made from its generateName.
  Result<Json> create(const ResourceType& type, const ObjectName& where, const Json& object,
                      const WriteOptions& options = {}, const std::stop_token& stop = {}) const;
  // Server-side apply: makes the object so, in the fields that it has. Fields of others are a conflict
  // (kFailedPrecondition), unless `force` takes them over.
  Result<Json> apply(const ResourceType& type, const ObjectName& name, const Json& object, bool force,
                     const WriteOptions& options = {}, const std::stop_token& stop = {}) const;
  Result<Json> patch(const ResourceType& type, const ObjectName& name, PatchKind kind, const Json& patch,
                     const WriteOptions& options = {}, const std::stop_token& stop = {}) const;
  // Replaces. With a resource version in the object, only in that state.
  Result<Json> update(const ResourceType& type, const ObjectName& name, const Json& object,
                      const WriteOptions& options = {}, const std::stop_token& stop = {}) const;
  // Gives the object as it is while it goes, or the server's Status.
  Result<Json> remove(const ResourceType& type, const ObjectName& name, const DeleteOptions& options = {},
                      const std::stop_token& stop = {}) const;

  // The wanted number of replicas, of whatever has the subresource "scale".
  Result<int64_t> replicas(const ResourceType& type, const ObjectName& name, const std::stop_token& stop = {}) const;
  // With a uid only the object of this uid: kInvalidArgument where another has the name.
  Result<Json> scale(const ResourceType& type, const ObjectName& name, int64_t replicas, const std::string& uid = "",
                     const WriteOptions& options = {}, const std::stop_token& stop = {}) const;

 private:
  Result<Json> send(ApiRequest request, const std::stop_token& stop) const;

  ApiTransport& transport_;
};

}  // namespace capstan::kubernetes
