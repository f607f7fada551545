#include <cstdint>

#include "connect/vault/vault_answer.h"

// Any answer is read or refused: two bytes of status, then the body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  capstan::HttpResponse response;
  response.status = 100 + (data[0] << 8 | data[1]) % 500;
  response.body.assign(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto answer = capstan::vault::read_answer(response);
  if (answer) answer->data.dump();
  return 0;
}
