// Values with places in them that are filled in later: "/clusters/{{id}}", { name: "{{name}}", size: "{{with.size}}" }.
//
// What stands between the braces is a path (base/json_path.h) into the scope. A text that is one place alone becomes
// the value itself, whatever its type; within a longer text it must be a text, a number or a boolean. "{{size?}}" may
// be absent: alone it then leaves its member or item out, within a text it is nothing. "{{name|dns}}" is a DNS label
// made of it, "{{list|count}}" how many items it has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_path.h"
#include "base/result.h"

namespace capstan::service {

// What steps know: the target's fields, the parameters, and what earlier steps took. Secrets lie apart, so that what is
// told to people can be made without them.
struct Scope {
  Json values = Json::object();
  Json secrets = Json::object();

  // The value at `path`, of the secrets first; null where there is none.
  Json read(const JsonPath& path, bool with_secrets) const;
};

class Template {
 public:
  Template() = default;
  // Errors name the place that cannot be a path.
  static Result<Template> parse(std::string_view text);

  // Text values are passed through `encode` where given: percent_encode for what becomes part of a path.
  using Encode = std::string (*)(std::string_view);
  // kInvalidArgument for a place that the scope has no value for, and for one that, encoded, would make the path
  // another one: what is empty, "." or "..". Errors never contain values.
  Result<Json> fill(const Scope& scope, Encode encode = nullptr) const;
  // Always a text, and without secrets: what people are told. A place without a value is left as it stands.
  std::string tell(const Scope& scope) const;

  bool has_places() const;
  // Whether a place of it lies in the value of that name.
  bool names(std::string_view name) const;
  const std::string& text() const { return text_; }

 private:
  struct Piece {
    std::string text;  // Before the place; or all of it where there is none.
    JsonPath place;
    bool is_place = false;
    bool optional = false;
    enum class Filter { kNone, kDns, kCount } filter = Filter::kNone;
  };
  Result<Json> value_of(const Piece& piece, const Scope& scope) const;

  std::string text_;
  std::vector<Piece> pieces_;
};

// A whole value with templates in its texts, at any depth.
Status check_templates(const Json& value);
// Members and items that are an absent optional place are left out.
Result<Json> fill_templates(const Json& value, const Scope& scope, Template::Encode encode = nullptr);

}  // namespace capstan::service
