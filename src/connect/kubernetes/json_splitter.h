// Finds the objects in a JSON text that arrives in pieces, so that no more than one of them need be held: the events of
// a watch, or the items of a list of any length. Looks at brackets and quotes only; what is within is for a parser.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::kubernetes {

class JsonSplitter {
 public:
  enum class Shape {
    kStream,  // {…}{…}{…}, with any space between.
    kList,    // {"metadata": …, "items": [{…}, {…}]}, members in any order.
  };
  // An object of more than `max_object_bytes`, and of a list as much beside its items, is kResourceExhausted.
  JsonSplitter(Shape shape, size_t max_object_bytes) : shape_(shape), max_object_bytes_(max_object_bytes) {}

  // Gets the text of one object, to keep or to change; an error of it ends the reading.
  using Take = std::function<Status(std::string& object)>;
  // kCorrupt where the text is no such sequence or list. After an error the splitter is of no more use.
  Status feed(std::string_view chunk, const Take& take);

  // Everything that was begun is complete, and a list has been seen.
  bool is_complete() const { return depth_ == 0 && (shape_ == Shape::kStream || ended_); }
  // Of a list, when complete: the same without its items.
  const std::string& rest() const { return rest_; }

 private:
  // What a byte is part of.
  enum class Place {
    kBetween,  // Between objects; for a list, before its beginning and after its end.
    kRest,     // In a list, outside its items.
    kItems,    // In a list, between two items.
    kObject,   // In one of the objects.
  };

  // Takes what is within an object, up to its end. Gives how much that is.
  size_t scan_object(std::string_view chunk);
  // Takes one byte of what is not.
  Status step(char c);
  Status open(char c);
  Status close(char c);
  Status keep(std::string_view text);
  Status finish_object(const Take& take);
  static std::unexpected<Error> too_deep();
  size_t object_depth() const { return shape_ == Shape::kStream ? 0 : 2; }

  const Shape shape_;
  const size_t max_object_bytes_;
  Place place_ = Place::kBetween;
  size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool ended_ = false;
  bool items_next_ = false;  // In a list: the value of "items" is what follows.
  std::string word_;         // In a list: the last text on its first level, which may be a key.
  std::string object_;
  std::string rest_;
};

}  // namespace capstan::kubernetes
