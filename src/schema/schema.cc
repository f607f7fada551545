#include "schema/schema.h"

#include "schema/schema_reader.h"
#include "schema/validator.h"

namespace capstan::schema {

Result<Schema> Schema::read(const Json& document) {
  auto store = std::make_shared<NodeStore>();
  SchemaReader reader(document, *store);
  const Node* root = reader.read("#");
  if (!reader.problems().empty()) return fail(reader.problems().front());
  return Schema(std::move(store), *root, Reading::kPlain);
}

CheckedValue Schema::check(const Json& value, const std::string& place) const {
  return Validator(reading_, place).check(*root_, value);
}

}  // namespace capstan::schema
