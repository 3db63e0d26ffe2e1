# cmake -DPROGRAM=rectify -DROOT=folder -DWORK=folder -P documents.cmake: holds docs/activations.md to what the program prints.
cmake_minimum_required(VERSION 3.25)

set(accuracy "")
if(EXISTS "${ROOT}/docs/accuracy.md")
  set(accuracy --accuracy "${ROOT}/docs/accuracy.md")
endif()
file(MAKE_DIRECTORY "${WORK}")
set(page "${WORK}/activations.md")
execute_process(COMMAND "${PROGRAM}" list --markdown ${accuracy} OUTPUT_FILE "${page}" COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" -E compare_files "${page}" "${ROOT}/docs/activations.md" RESULT_VARIABLE different)
if(different)
  message(FATAL_ERROR "docs/activations.md is out of date. Run `make docs`, and see with `git diff` what has changed.")
endif()
