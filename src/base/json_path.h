// Where something is within a JSON value, as people write it: spec.containers[*].image, metadata.annotations["a/b"].
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace capstan {

// A subset of JSONPath (RFC 9535): names, quoted names, indices (negative ones from the end) and [*], which stands for
// every item of an array or every value of an object. The "$." before it may be left out; "" is the whole value.
class JsonPath {
 public:
  JsonPath() = default;
  static Result<JsonPath> parse(std::string_view text);

  // The value there; null where there is none. A path with [*] gives the array of all it finds.
  Json read(const Json& from) const;
  // All values there, in order; pointers into `from`.
  std::vector<const Json*> find(const Json& from) const;
  // The same to be changed in place.
  std::vector<Json*> find(Json& in) const;
  // Takes away what is there; the items of an array close ranks.
  void remove(Json& from) const;
  // Puts a value there; objects on the way are made where there are none. An index must exist, and a path with [*] or
  // "" changes nothing.
  void write(Json& into, Json value) const;

  // What lies at `rest` within what lies here.
  JsonPath then(const JsonPath& rest) const;

  bool empty() const { return steps_.empty(); }
  // Whether it can find more than one value.
  bool is_wide() const;
  const std::string& text() const { return text_; }

  bool operator==(const JsonPath& other) const { return text_ == other.text_; }

 private:
  struct Every {};
  using Step = std::variant<std::string, int64_t, Every>;

  template <class Value>
  static void find(Value& value, std::span<const Step> steps, std::vector<Value*>& found);
  static void remove(Json& value, std::span<const Step> steps);

  std::string text_;
  std::vector<Step> steps_;
};

// One step as it stands in a path: "name" for the first, ".name" or ["a/b"] for the others.
std::string path_step(std::string_view name, bool is_first);

}  // namespace capstan
