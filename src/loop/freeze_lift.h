// What a person asks for who cannot wait for the end of a change freeze.
#pragma once

#include <string>

namespace capstan::loop {

struct FreezeLift {
  std::string freeze;
  std::string plan;
  std::string reason;
};

}  // namespace capstan::loop
