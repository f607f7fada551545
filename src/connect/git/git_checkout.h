// The newest commit of a branch or a tag, kept in a directory by the git program.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/secret.h"

namespace capstan::git {

struct GitSource {
  std::string repository;  // A URL without a password, or a path.
  std::string ref;         // A branch or a tag; "" for the default branch.
  Secret token;            // For HTTPS; empty where none is needed.
};

// Who writes a repository must not be able to do anything here: no hooks, no symbolic links, no other programs.
class GitCheckout {
 public:
  // Everything is below `directory`, which is made; beyond `max_bytes` it is thrown away, and the fetch is an error.
  GitCheckout(std::filesystem::path directory, uint64_t max_bytes, const Clock& clock)
      : directory_(std::move(directory)), max_bytes_(max_bytes), clock_(clock) {}

  // Gives the commit that is in the directory now. On an error the one of before stays. At most two minutes.
  Result<std::string> fetch(const GitSource& source, const std::stop_token& stop = {});
  const std::filesystem::path& directory() const { return directory_; }

 private:
  Result<std::string> git(std::vector<std::string> arguments, const GitSource& source, const std::stop_token& stop);
  Status check_size(const std::stop_token& stop);

  const std::filesystem::path directory_;
  const uint64_t max_bytes_;
  const Clock& clock_;
};

// Whether git could take it for something else: an option, a refspec, a helper program, or it holds a password.
Status check_source(const std::string& repository, const std::string& ref);

}  // namespace capstan::git
