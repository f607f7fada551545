#include "loop/instance.h"

#include "loop/running.h"

namespace capstan::loop {

Result<std::unique_ptr<Instance>> Instance::open(const ledger::DataDirectory& directory, InstanceOptions options,
                                                 const Clock& clock, Random& random) {
  auto instance = std::make_unique<Running>(clock, random, std::move(options));
  TRY(instance->open(directory));
  return instance;
}

}  // namespace capstan::loop
