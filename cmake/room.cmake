include(GoogleTest)

# room(NAME USES room... EXTERNAL library...): a folder of src/ as a static library. The line is the
# only place where it is written what a room may use; tests/lint reads the same lines.
# Every *_test.cc beside the code goes into one test program, linked with nothing but the room and
# what it uses, so that a hidden dependency does not link.
function(room name)
  cmake_parse_arguments(ROOM "" "" "USES;EXTERNAL" ${ARGN})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  if(NOT sources)
    message(FATAL_ERROR "room ${name} is empty: remove its line or give it a source")
  endif()

  add_library(usher_${name} STATIC ${sources})
  target_include_directories(usher_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(usher_${name} PUBLIC usher_flags)
  target_precompile_headers(usher_${name} REUSE_FROM usher_pch)
  if(NOT ROOM_EXTERNAL)  # nothing heavy to share
    set_target_properties(usher_${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  foreach(used IN LISTS ROOM_USES)
    target_link_libraries(usher_${name} PUBLIC usher_${used})
  endforeach()
  foreach(library IN LISTS ROOM_EXTERNAL)
    target_link_libraries(usher_${name} PUBLIC external_${library})
  endforeach()

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE usher_${name} GTest::gmock GTest::gtest_main)
    if(ROOM_EXTERNAL)  # the others' tests go through every case there is, and take long
      target_precompile_headers(${name}_test REUSE_FROM usher_test_pch)
      target_compile_options(${name}_test PRIVATE -O0)  # as the header
    endif()
    gtest_discover_tests(${name}_test TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT 300 LABELS ${name})
  endif()
endfunction()
