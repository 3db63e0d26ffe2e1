# cmake -DBUILD=folder -DSOURCE=folder -DWORK=folder -DPROJECT=name -DCONFIG=type -DCXX=compiler -P test.cmake: installs the build into a folder
# of its own, then configures, builds and runs the outside project SOURCE/PROJECT against it; the project `readme` is the one that README.md shows.
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix" --config "${CONFIG}" OUTPUT_QUIET
                        COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE headers "${WORK}/prefix/include/*.h")
if(NOT headers)
  message(FATAL_ERROR "no headers were installed")
endif()
foreach(header IN LISTS headers)
  file(STRINGS "${header}" includes REGEX "#[ \t]*include.*(hwy/|omp\\.h|dnnl|nlohmann|CLI/|fmt/|toml|zlib|mpfr|gtest|rapidcheck)")
  if(includes)
    message(FATAL_ERROR "an installed header includes a third party's: ${header}: ${includes}")
  endif()
endforeach()

set(project_source "${SOURCE}/${PROJECT}")
if(PROJECT STREQUAL "readme")
  set(project_source "${WORK}/readme")
  file(READ "${SOURCE}/../../README.md" readme)
  if(NOT readme MATCHES "```cmake\n([^`]*)```")
    message(FATAL_ERROR "README.md shows no CMakeLists.txt")
  endif()
  file(WRITE "${project_source}/CMakeLists.txt" "${CMAKE_MATCH_1}")
  if(NOT readme MATCHES "```cpp\n(#include[^`]*)```")
    message(FATAL_ERROR "README.md shows no main.cc")
  endif()
  file(WRITE "${project_source}/main.cc" "${CMAKE_MATCH_1}")
endif()

execute_process(
  COMMAND "${CMAKE_COMMAND}" -S "${project_source}" -B "${WORK}/build" -G Ninja "-DCMAKE_BUILD_TYPE=${CONFIG}" "-DCMAKE_CXX_COMPILER=${CXX}"
          "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build" OUTPUT_VARIABLE output RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${output}")
endif()
execute_process(COMMAND "${WORK}/build/outside" COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE "${WORK}")
