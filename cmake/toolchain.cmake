# One compiler, on purpose: g++ 12 destroys the temporaries of a co_await expression twice.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR
    "Usher builds with clang 19 or newer only (found ${CMAKE_CXX_COMPILER_ID} "
    "${CMAKE_CXX_COMPILER_VERSION}): g++ 12 destroys temporaries of co_await expressions twice, "
    "which corrupts memory at run time. Use scripts/build, or a preset: cmake --preset release.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_LINK_WHAT_YOU_USE OFF)

# Both are needed for ccache to remember files that use a precompiled header.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
set(CMAKE_PCH_INSTANTIATE_TEMPLATES ON)

set(USHER_SANITIZE "" CACHE STRING "address,undefined or thread; empty for none")

add_library(usher_flags INTERFACE)
target_compile_options(usher_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  -Wno-missing-designated-field-initializers -Wimplicit-fallthrough -Wswitch-enum
  -Wnon-virtual-dtor -Woverloaded-virtual -Werror -fno-omit-frame-pointer
  # Symbols for stack traces; the full debug information would triple the build's disk use.
  -gline-tables-only)
target_link_options(usher_flags INTERFACE -fuse-ld=lld-19)
target_compile_definitions(usher_flags INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ALLOW_DEPRECATED_HEADERS USHER_VERSION="${PROJECT_VERSION}"
  # A precompiled header fits only where the same macros are defined, so all rooms have these.
  $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>
  $<TARGET_PROPERTY:Boost::json,INTERFACE_COMPILE_DEFINITIONS>
  $<TARGET_PROPERTY:Boost::container,INTERFACE_COMPILE_DEFINITIONS>)

option(USHER_PLANTED "faults can be planted in the product (base/planted.h); for tests" OFF)
if(USHER_PLANTED)
  target_compile_definitions(usher_flags INTERFACE USHER_PLANTED)
endif()

# Several sources compiled as one: half the time, since what they include and instantiate is
# compiled once. The presets cut them differently, so that a missing include is seen in one of them.
option(USHER_TOGETHER "compile several sources as one" ON)
if(USHER_TOGETHER)
  set(CMAKE_UNITY_BUILD ON)
  set(CMAKE_UNITY_BUILD_BATCH_SIZE 9)
  if(USHER_SANITIZE OR USHER_PLANTED)
    set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)
  endif()
endif()

if(USHER_SANITIZE)
  set(CMAKE_CXX_FLAGS_DEBUG "-O1")  # here, so that a target's own option comes after it
  target_compile_options(usher_flags INTERFACE
    -fsanitize=${USHER_SANITIZE} -fno-sanitize-recover=all
    # A sixth of the compile time, for what the address sanitizer sees better.
    -fno-sanitize=object-size)
  target_link_options(usher_flags INTERFACE -fsanitize=${USHER_SANITIZE})
  if(USHER_SANITIZE MATCHES "address")  # so that the fuzzers see which ways their inputs take
    target_compile_options(usher_flags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
  # Recycled frames would hide a use after free from the sanitizer.
  target_compile_definitions(usher_flags INTERFACE
    BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
endif()
