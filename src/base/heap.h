// What the allocator keeps for later.
#pragma once

namespace capstan {

// Gives memory that was freed back to the operating system. After much has come and gone on several threads that is
// more than what is in use. Takes some tens of milliseconds, in which other threads may wait for the allocator.
void give_back_free_memory();

}  // namespace capstan
