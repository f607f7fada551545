# How everything is compiled and linked: warnings, sanitizers, ccache, mold.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror=return-type -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives for std::expected, std::variant and std::map under optimisation.
  add_compile_options(-Wno-maybe-uninitialized -Wno-array-bounds -Wno-free-nonheap-object -Wno-missing-field-initializers)
else()
  # libstdc++ 12 itself uses what it deprecates (std::stable_sort).
  add_compile_options(-Wno-missing-field-initializers -Wno-missing-designated-field-initializers -Wno-deprecated-declarations)
endif()
set(CMAKE_CXX_FLAGS_DEBUG "-g1 -O0")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")  # Assertions stay: a broken invariant aborts in production too.

set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-g1 -O1")

# Unoptimised (Debug) it compiles in half the time, and the tests run long enough to find what there is; a campaign of
# fuzzing is better off with RelWithDebInfo.
if(CAPSTAN_SANITIZE)
  add_compile_options(-fsanitize=${CAPSTAN_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CAPSTAN_SANITIZE})
endif()
# Trees of JSON come and go on several threads: with it a check takes two thirds of the time that it takes with glibc's
# allocator, and what was freed goes back to the system by itself. Sanitizers bring their own.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  link_libraries(PkgConfig::jemalloc)
endif()
if(CAPSTAN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
