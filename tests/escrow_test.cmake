# Registers tests. A tree of .ci/run picks its sets and puts its leg before every name, so that one
# ctest can run several trees and say which one failed.

set(ESCROW_TEST_SETS
    unit faults protocol stress delays fuzz capi misuse examples headers setup install lint model go
    CACHE STRING "Which sets of tests are built and registered")
set(ESCROW_LEG "" CACHE STRING "Put before every test name, and a label of every test")

# escrow_test(<set> <name> [TIMEOUT seconds] [PROCESSORS n] [ENVIRONMENT ...] COMMAND ...)
function(escrow_test set name)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "TIMEOUT;PROCESSORS" "ENVIRONMENT;COMMAND")
  if(ESCROW_LEG)
    set(full ${ESCROW_LEG}/${set}.${name})
  else()
    set(full ${set}.${name})
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300) # a sanitizer on a busy machine; a test takes seconds elsewhere
  endif()
  if(NOT ARG_PROCESSORS)
    set(ARG_PROCESSORS 1)
  endif()
  add_test(NAME ${full} COMMAND ${ARG_COMMAND})
  set_tests_properties(
    ${full}
    PROPERTIES TIMEOUT ${ARG_TIMEOUT}
               PROCESSORS ${ARG_PROCESSORS}
               LABELS "${set};${ESCROW_LEG}"
               SKIP_REGULAR_EXPRESSION "^skipped: "
               ENVIRONMENT
               "UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=halt_on_error=1;${ARG_ENVIRONMENT}")
endfunction()

# A test that cannot run here stays in the list, with the reason, and ctest counts it as skipped.
function(escrow_skipped set name reason)
  escrow_test(${set} ${name} COMMAND ${CMAKE_COMMAND} -E echo "skipped: ${reason}")
endfunction()

# escrow_program(<target> <source>)  one program with one facade unit. A source that defines
# ESCROW_SMALL_COUNTS gets a facade with the same limits; one that defines ESCROW_FAULTS gets a facade
# that asks it for memory; one that defines ESCROW_FACADE_TU is its own.
function(escrow_program target source)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(STRINGS ${source} own REGEX "^#[ ]*define ESCROW_FACADE_TU")
  file(STRINGS ${source} small REGEX "^#[ ]*define ESCROW_SMALL_COUNTS")
  file(STRINGS ${source} faults REGEX "^#[ ]*define ESCROW_FAULTS")
  add_executable(${target} ${source})
  target_link_libraries(${target} PRIVATE escrow_strict)
  if(own)
    # nothing to add
  elseif(faults)
    target_link_libraries(${target} PRIVATE escrow_facade_faults)
  elseif(small AND NOT ESCROW_SMALL_COUNTS)
    target_link_libraries(${target} PRIVATE escrow_facade_small)
  else()
    target_link_libraries(${target} PRIVATE escrow_facade)
  endif()
endfunction()

# The facade units that the programs share: without exceptions and RTTI, as in a Go binary.
add_library(escrow_facade OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/facade.cpp)
add_library(escrow_facade_small OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/facade.cpp)
target_compile_definitions(escrow_facade_small PRIVATE ESCROW_SMALL_COUNTS)
add_library(escrow_facade_faults OBJECT EXCLUDE_FROM_ALL ${CMAKE_CURRENT_LIST_DIR}/facade.cpp)
target_compile_definitions(escrow_facade_faults PRIVATE ESCROW_FAULTS)
target_compile_options(escrow_facade_faults PRIVATE -O0) # compiling it takes longer than its tests
# clang-tidy sees a source once for each of its commands; the first facade is enough.
set_target_properties(escrow_facade_faults PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
foreach(facade IN ITEMS escrow_facade escrow_facade_small escrow_facade_faults)
  target_link_libraries(${facade} PRIVATE escrow_strict)
  target_compile_options(${facade} PRIVATE -fno-exceptions -fno-rtti -Wshadow -Wconversion)
endforeach()
