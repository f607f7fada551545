// Kubeconfig files: which clusters there are, and how to be let in.
// Source: kubernetes.io, "Organizing Cluster Access Using kubeconfig Files" and the v1 Config reference.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "connect/kubernetes/cluster_access.h"
#include "connect/kubernetes/kubeconfig_entry.h"

namespace capstan::kubernetes {

class Kubeconfig {
 public:
  // Several files make one: of entries with the same name, and of current contexts, the first wins. A file that does
  // not exist is passed over, unless none of them does.
  static Result<Kubeconfig> load(const std::vector<std::filesystem::path>& files);
  // One text; relative paths in it are taken from the folder of `file`.
  static Result<Kubeconfig> parse(std::string_view text, const std::filesystem::path& file);

  // In the order of the files.
  std::vector<std::string> contexts() const;
  const std::string& current_context() const { return current_context_; }
  // What is odd but stops nothing: keys that nobody knows.
  const std::vector<Error>& warnings() const { return warnings_; }

  // The cluster of a context, "" for the current one. Errors are those of its own entries: another one may be broken.
  Result<ClusterAccess> access(std::string_view context = "") const;

 private:
  void add(Kubeconfig other);
  Result<const ContextEntry*> find_context(std::string_view name) const;

  std::vector<ClusterEntry> clusters_;
  std::vector<UserEntry> users_;
  std::vector<ContextEntry> contexts_;
  std::string current_context_;
  std::vector<Error> warnings_;
  std::vector<std::string> files_;
};

// The files that kubectl would read: those of KUBECONFIG, separated by colons, or ~/.kube/config.
std::vector<std::filesystem::path> kubeconfig_paths(const Environment& environment);

}  // namespace capstan::kubernetes
