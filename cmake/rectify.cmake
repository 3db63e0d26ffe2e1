# What every folder's CMakeLists.txt uses: one library per folder, its tests beside its code.
include_guard()
include(GNUInstallDirs)
include(CTest)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_package(fmt REQUIRED)
find_package(hwy REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
if(RECTIFY_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(rapidcheck REQUIRED)
endif()

find_program(RECTIFY_CCACHE ccache)
if(RECTIFY_CCACHE AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${RECTIFY_CCACHE}")
endif()

# Flags that results depend on. GCC contracts mul + add intrinsics into fused ones unless told not to, and then a kernel's result
# depends on inlining. GCC 12 takes string concatenation for overlapping copies (its bug 105651), hence -Wno-restrict.
add_library(rectify_flags INTERFACE)
target_compile_options(rectify_flags INTERFACE -ffp-contract=off -fno-math-errno -Wall -Wextra -Wpedantic -Wshadow
                                               -Wno-missing-field-initializers
                                               -Wno-restrict)

# rectify_folder(NAME [DEPENDS folder...] [PRIVATE library...] [TEST_LIBRARIES library...])
#
# The library rectify_NAME from every .cc here, and one CTest entry, NAME/FILE, from every FILE_test.cc. Sources are globbed so that adding
# one touches no other file.
function(rectify_folder name)
  cmake_parse_arguments(arg "" "" "DEPENDS;PRIVATE;TEST_LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "*.cc")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")

  if(NOT sources)
    return()
  endif()
  add_library(rectify_${name} STATIC ${sources})
  add_library(rectify::${name} ALIAS rectify_${name})
  target_include_directories(rectify_${name} PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
                                                    "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_compile_features(rectify_${name} PUBLIC cxx_std_20)
  set_target_properties(rectify_${name} PROPERTIES EXPORT_NAME ${name})
  list(TRANSFORM arg_DEPENDS PREPEND rectify_)
  target_link_libraries(
    rectify_${name}
    PUBLIC ${arg_DEPENDS}
    PRIVATE $<BUILD_INTERFACE:rectify_flags> fmt::fmt ${arg_PRIVATE})
  set_property(GLOBAL APPEND PROPERTY RECTIFY_FOLDERS ${name})

  if(RECTIFY_BUILD_TESTS)
    foreach(file IN LISTS tests)
      cmake_path(GET file STEM test)
      rectify_test(${name} ${test} rectify_${name} ${arg_PRIVATE} ${arg_TEST_LIBRARIES})
    endforeach()
  endif()
endfunction()

# rectify_test(GROUP FILE LIBRARY...): builds GROUP_FILE from FILE.cc and registers it as GROUP/FILE, without its _test.
function(rectify_test group file)
  set(target ${group}_${file})
  add_executable(${target} ${file}.cc)
  target_link_libraries(${target} PRIVATE ${ARGN} rectify_flags fmt::fmt GTest::gtest_main GTest::gmock rapidcheck)
  string(REGEX REPLACE "_test$" "" short ${file})
  add_test(NAME ${group}/${short} COMMAND ${target} --gtest_brief=1)
  set_tests_properties(${group}/${short} PROPERTIES TIMEOUT 300 ENVIRONMENT "RC_PARAMS=seed=1 max_success=500")
endfunction()
