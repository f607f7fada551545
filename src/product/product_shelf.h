// The products that are in force: exchanged when their files change, while others read them.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "product/product_spec.h"

namespace capstan::product {

// Thread-safe.
class ProductShelf {
 public:
  void set(std::vector<ProductSpec> products) {
    auto fresh = std::make_shared<const std::vector<ProductSpec>>(std::move(products));
    products_.write([&](auto& held) { held = std::move(fresh); });
  }
  std::shared_ptr<const std::vector<ProductSpec>> products() const {
    return products_.read([](const auto& held) { return held; });
  }

 private:
  Guarded<std::shared_ptr<const std::vector<ProductSpec>>> products_{
      std::make_shared<const std::vector<ProductSpec>>()};
};

}  // namespace capstan::product
