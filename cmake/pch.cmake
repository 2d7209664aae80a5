# One precompiled header for all rooms and one for all tests: they take a third to a half off most
# files. They hold headers of libraries only. A header still names what it uses: the lint test
# compiles each alone and without them, and clang-tidy reads the sources of a room without them.
function(precompiled name)
  cmake_parse_arguments(PCH "" "" "LINK;HEADERS" ${ARGN})
  file(WRITE ${CMAKE_BINARY_DIR}/pch/${name}.cc "")
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/pch/${name}.cc)
  target_link_libraries(${name} PRIVATE usher_flags ${PCH_LINK})
  target_precompile_headers(${name} PRIVATE ${PCH_HEADERS})
endfunction()

set(common_headers
  <algorithm> <array> <chrono> <cstdint> <expected> <functional> <map> <memory> <mutex> <optional>
  <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>
  <boost/asio/any_io_executor.hpp> <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/io_context.hpp> <boost/asio/post.hpp> <boost/asio/use_awaitable.hpp>
  <boost/json/object.hpp> <boost/json/serialize.hpp> <boost/json/value.hpp> <fmt/format.h>)

precompiled(usher_pch HEADERS ${common_headers})
precompiled(usher_test_pch LINK GTest::gmock HEADERS ${common_headers}
  <gmock/gmock.h> <gtest/gtest.h>)
# Tests are compiled more often than they run: what they test is optimized, they are not.
target_compile_options(usher_test_pch PRIVATE -O0)
