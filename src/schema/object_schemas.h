// The schemas of objects by what the objects say they are, from several documents; and what a server serves at all.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "schema/open_api.h"

namespace capstan::schema {

class ObjectSchemas {
 public:
  void add(std::shared_ptr<const OpenApi> document);
  // From a CustomResourceDefinition; it holds before what documents say of the same kind.
  void define(const Json& definition);
  // Once one is told, what is not among them, and not in a document or a definition, is not served.
  void add_served(std::string api_version);

  // nullptr where none is known.
  const Schema* find(const KindName& name) const;
  // Whether the server may have objects of this version; true where that is not known.
  bool may_serve(std::string_view api_version) const;
  // Whether all kinds of this version are known.
  bool knows_all_of(std::string_view api_version) const;
  // Sorted; those with schemas.
  std::vector<std::string> versions_of(std::string_view kind) const;
  std::vector<std::string> kinds_of(std::string_view api_version) const;
  const std::set<std::string, std::less<>>& served() const { return served_; }
  // Whether a server says something of itself here, and not only definitions.
  bool is_of_a_server() const { return !documents_.empty() || !served_.empty(); }
  bool empty() const { return documents_.empty() && defined_.empty() && served_.empty(); }

 private:
  std::set<KindName> all() const;

  std::vector<std::shared_ptr<const OpenApi>> documents_;
  std::map<KindName, Schema> defined_;
  std::set<std::string, std::less<>> served_;
};

}  // namespace capstan::schema
