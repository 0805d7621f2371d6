# cmake -DPROGRAM=... -DSOURCE=... -P check.cmake: the program exits with 0 and prints exactly what
# the comment at the top of its source says under "It prints:".
execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE status OUTPUT_VARIABLE printed)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}; it printed:\n${printed}")
endif()
file(READ ${SOURCE} text)
if(NOT text MATCHES "// It prints:\n((//     [^\n]*\n)+)")
  message(FATAL_ERROR "${SOURCE}: no \"It prints:\" with lines below it")
endif()
string(REGEX REPLACE "//     ([^\n]*\n)" "\\1" stated "${CMAKE_MATCH_1}")
if(NOT printed STREQUAL stated)
  message(FATAL_ERROR "${SOURCE} states:\n${stated}\nbut the program printed:\n${printed}")
endif()
