// Products as the catalog knows them: a kind for the running servers of each, and the rows of the tables of settings
// and endpoints, whoever owns them: a server, a config map, what makes pods.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "model/resource.h"
#include "product/configuration.h"
#include "product/product_spec.h"

namespace capstan::product {

// The place that all kinds of products have: rules are `on: product`.
inline constexpr std::string_view kProductPlace = "product";

// A table of a product's servers: what is common to all, then a column a setting with one more for where it stands.
KindSpec kind_of(const ProductSpec& product);

// The fields of a resource of that kind that come from its configuration.
Json fields_of(const ProductSpec& product, const Configuration& configuration);

enum class RowsOf { kSettings, kEndpoints };

// Makes rows of three things, told by their form: a list that `fields_of` gave, a container with an image, and the
// texts of a config map by name. Immutable; thread-safe.
std::shared_ptr<const PartReader> part_reader(RowsOf what, std::vector<ProductSpec> products);

}  // namespace capstan::product
