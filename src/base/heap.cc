#include "base/heap.h"

#include <malloc.h>

namespace capstan {

void give_back_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace capstan
