# cmake -DBUILD=folder -DSOURCE=folder -DWORK=folder -DPROJECT=name -DCONFIG=type -DCXX=compiler -P test.cmake: installs the build into a folder
# of its own, then configures, builds and runs the outside project SOURCE/PROJECT against it.
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

execute_process(
  COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}/${PROJECT}" -B "${WORK}/build" -G Ninja "-DCMAKE_BUILD_TYPE=${CONFIG}" "-DCMAKE_CXX_COMPILER=${CXX}"
          "-DCMAKE_CXX_FLAGS=${CXX_FLAGS}" "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${WORK}/build" OUTPUT_VARIABLE output RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${output}")
endif()
execute_process(COMMAND "${WORK}/build/outside" COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE "${WORK}")
