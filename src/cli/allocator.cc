// How the program's allocator, jemalloc, is set up; it reads this name.
extern "C" {
// A thread of its own gives back what was freed: most of Capstan's threads sleep once a cluster has come in. Fewer
// arenas than it would take by itself keep less for later.
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,narenas:4,dirty_decay_ms:5000,muzzy_decay_ms:0";
}
