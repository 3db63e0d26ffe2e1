# Tests of `rectify study` and of its page.
find_package(nlohmann_json REQUIRED)
rectify_test(program cli_study_test nlohmann_json::nlohmann_json)
target_compile_definitions(program_cli_study_test PRIVATE RECTIFY_PROGRAM="$<TARGET_FILE:rectify>")
add_dependencies(program_cli_study_test rectify)
