# What follows from the catalogue: the page about it, and all else that knows its activations.
add_test(NAME documents COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:rectify> -DROOT=${PROJECT_SOURCE_DIR}
                                -DWORK=${CMAKE_CURRENT_BINARY_DIR}/documents -P ${CMAKE_CURRENT_SOURCE_DIR}/documents.cmake)

file(MAKE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/stale/docs")
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/stale/docs/activations.md" "# Activations\n")
add_test(NAME documents/finds_stale_page COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:rectify> -DROOT=${CMAKE_CURRENT_BINARY_DIR}/stale
                                                 -DWORK=${CMAKE_CURRENT_BINARY_DIR}/documents_stale -P ${CMAKE_CURRENT_SOURCE_DIR}/documents.cmake)
set_tests_properties(documents/finds_stale_page PROPERTIES PASS_REGULAR_EXPRESSION "Run `make docs`")

if(CMAKE_GENERATOR STREQUAL "Ninja")
  add_test(NAME one_line_activation COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/one_line.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}
                                            ${CMAKE_CURRENT_BINARY_DIR}/one_line)
  set_tests_properties(one_line_activation PROPERTIES TIMEOUT 600)
  add_custom_target(one_line_activation_programs ALL)
  add_dependencies(one_line_activation_programs rectify activation_activation_test activation_catalogue_test activations)
endif()

find_package(nlohmann_json REQUIRED)
rectify_test(program cli_compat_test nlohmann_json::nlohmann_json)
target_compile_definitions(program_cli_compat_test PRIVATE RECTIFY_PROGRAM="$<TARGET_FILE:rectify>")
add_dependencies(program_cli_compat_test rectify)

rectify_test(program formulas_page_test rectify_activation)
target_compile_definitions(program_formulas_page_test PRIVATE RECTIFY_FORMULAS="${PROJECT_SOURCE_DIR}/docs/formulas.md")
add_test(NAME documents/formulas COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/readme.sh ${PROJECT_SOURCE_DIR}/docs/formulas.md ${PROJECT_SOURCE_DIR}
                                         ${PROJECT_BINARY_DIR}/rectify)
