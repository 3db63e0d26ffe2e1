# Tests of the command line: text in, text out.
find_package(nlohmann_json REQUIRED)

foreach(test cli_usage_test cli_functions_test cli_networks_test)
  rectify_test(program ${test} nlohmann_json::nlohmann_json)
  target_compile_definitions(program_${test} PRIVATE RECTIFY_PROGRAM="$<TARGET_FILE:rectify>")
  add_dependencies(program_${test} rectify)
endforeach()

rectify_test(program readme_presets_test rectify_train)
target_compile_definitions(program_readme_presets_test PRIVATE RECTIFY_README="${PROJECT_SOURCE_DIR}/README.md")
