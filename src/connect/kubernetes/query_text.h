// The query of a URL, put together.
#pragma once

#include <string>
#include <string_view>

#include "base/url.h"

namespace capstan::kubernetes {

class QueryText {
 public:
  // Nothing for an empty value.
  QueryText& add(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    if (!text_.empty()) text_ += '&';
    text_.append(name).append("=").append(percent_encode(value));
    return *this;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace capstan::kubernetes
