// Any bytes as a mail.
#include <cstddef>
#include <cstdint>

#include "connect/mail/mail_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)capstan::mail::read_mail({reinterpret_cast<const char*>(data), size});
  return 0;
}
