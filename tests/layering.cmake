# cmake -DROOT=folder -P layering.cmake: holds the sources under ROOT to the project's rules, and lists what breaks them.
#
# Rules: a folder of rectify/ includes only the folders in its line of the table below; a third-party header appears only where its line says;
# a header begins with a comment that says what it holds, then #pragma once; no file has more than 500 lines.
cmake_minimum_required(VERSION 3.25)

# What each folder may include beside itself.
set(may_include_base "")
set(may_include_formula base)
set(may_include_record base)
set(may_include_simd base)
set(may_include_tensor base)
set(may_include_activation simd formula base)
set(may_include_theory activation formula base)
set(may_include_nn activation theory formula simd tensor record base)
set(may_include_data simd tensor record base)
set(may_include_train nn data simd tensor record base)
set(may_include_diagnose record theory activation formula base)
set(may_include_compare train diagnose nn data theory activation simd tensor formula record base)
set(may_include_study compare train diagnose nn data theory activation simd tensor formula record base)
set(may_include_report record activation formula base)

# Which files may include a third-party header: a regular expression of its name, then one of their paths.
set(tests_only "_test\\.cc$|/test_[^/]*$|^tests/")
set(third_party
    "^hwy/" "^rectify/(simd|activation)/|^tests/(reference|certify)/"
    "^omp\\.h$" "^rectify/base/"
    "dnnl" "^rectify/nn/backend_dnnl|^bench/"
    "^CLI/" "^(cli|bench)/|^tests/certify/"
    "^nlohmann/" "^rectify/(report|study|train)/|^bench/|^tests/"
    "^toml\\+\\+/" "^rectify/nn/model_toml"
    "^zlib\\.h$" "^rectify/data/"
    "^mpfr\\.h$" "${tests_only}"
    "^(gtest|gmock|rapidcheck)" "${tests_only}")

set(max_lines 500)
set(problems "")

# Checks the header `name`, included as `quotes`name`, in `file`.
function(check_include file quotes name)
  if(name MATCHES "^rectify/([a-z]+)/")
    set(included "${CMAKE_MATCH_1}")
    if(file MATCHES "^rectify/([a-z]+)/")
      set(folder "${CMAKE_MATCH_1}")
      if(NOT DEFINED may_include_${folder})
        list(APPEND problems "${file}: the folder ${folder} has no line in tests/layering.cmake")
      elseif(NOT included IN_LIST may_include_${folder} AND NOT included STREQUAL folder)
        list(JOIN may_include_${folder} ", " allowed)
        list(APPEND problems "${file}: includes ${name}, but ${folder} may include only: ${allowed}")
      endif()
    endif()
  else()
    set(known FALSE)
    set(rules ${third_party})
    while(rules)
      list(POP_FRONT rules header files)
      if(name MATCHES "${header}")
        set(known TRUE)
        if(NOT file MATCHES "${files}")
          list(APPEND problems "${file}: includes ${name}, which only ${files} may")
        endif()
      endif()
    endwhile()
    if(file MATCHES "^rectify/" AND quotes STREQUAL "\"" AND NOT known AND NOT name MATCHES "^tests/")
      list(APPEND problems "${file}: includes \"${name}\", not by its path from the root, \"rectify/...\"")
    endif()
  endif()
  set(problems "${problems}" PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/rectify/*.h" "${ROOT}/rectify/*.cc" "${ROOT}/cli/*.h" "${ROOT}/cli/*.cc" "${ROOT}/bench/*.h"
     "${ROOT}/bench/*.cc" "${ROOT}/tests/*.h" "${ROOT}/tests/*.cc" "${ROOT}/examples/*.h" "${ROOT}/examples/*.cc")
if(NOT files)
  message(FATAL_ERROR "no sources under ${ROOT}")
endif()

foreach(file IN LISTS files)
  file(STRINGS "${ROOT}/${file}" includes REGEX "^[ \t]*#[ \t]*include[ \t]*[<\"]")
  foreach(line IN LISTS includes)
    if(line MATCHES "include[ \t]*([<\"])([^>\"]+)[>\"]")
      check_include("${file}" "${CMAKE_MATCH_1}" "${CMAKE_MATCH_2}")
    endif()
  endforeach()

  file(READ "${ROOT}/${file}" text)
  string(REGEX MATCHALL "\n" ends "${text}")
  list(LENGTH ends lines)
  if(lines GREATER max_lines)
    list(APPEND problems "${file}: ${lines} lines, at most ${max_lines} are wanted")
  endif()

  # The -inl.h headers are compiled once a SIMD target, and have Highway's own guard.
  if(file MATCHES "\\.h$")
    if(NOT text MATCHES "^// [^\n]*[.:](\n// [^\n]*|\n//)*\n" AND NOT text MATCHES "^(// [^\n]*\n)+// [^\n]*[.:]\n")
      list(APPEND problems "${file}: does not begin with a comment, a sentence that says what it holds")
    elseif(NOT file MATCHES "-inl\\.h$" AND NOT text MATCHES "^(//[^\n]*\n)+#pragma once\n")
      list(APPEND problems "${file}: #pragma once does not follow the comment at its beginning")
    endif()
  endif()
endforeach()

foreach(problem IN LISTS problems)
  message(NOTICE "${problem}")
endforeach()
if(problems)
  message(FATAL_ERROR "sources break the rules that tests/layering.cmake states")
endif()
