// Objects of Kubernetes from their text: the hot path of every list and watch.
#pragma once

#include <memory>
#include <string>

#include "base/json.h"
#include "base/result.h"

namespace capstan::kubernetes {

struct WatchEvent {
  std::string type;  // "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR".
  Json object;
};

// Uses its memory again from one text to the next. Not thread-safe.
class ObjectReader {
 public:
  ObjectReader();
  ~ObjectReader();
  ObjectReader(const ObjectReader&) = delete;
  ObjectReader& operator=(const ObjectReader&) = delete;

  // An object without its metadata.managedFields, which are half of its text and say nothing about it, unless they are
  // wanted. The text may grow in capacity, but stays as it is. kCorrupt for what is no JSON object.
  Result<Json> read(std::string& text, bool with_managers = false);
  // An event of a watch, its object the same way.
  Result<WatchEvent> read_event(std::string& text);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace capstan::kubernetes
