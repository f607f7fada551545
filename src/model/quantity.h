// Amounts as Kubernetes writes them: "500m", "1Gi", "2e3".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace capstan {

// The number that a quantity stands for; nothing for what is none. Grammar: k8s.io/apimachinery's resource.Quantity.
std::optional<double> parse_quantity(std::string_view text);

// A number of bytes for people, in Kubernetes' own form and exact: "1536Mi".
std::string bytes_quantity(double bytes);
// A number of processors for people: "3", "250m"; to a thousandth.
std::string cores_quantity(double cores);

}  // namespace capstan
