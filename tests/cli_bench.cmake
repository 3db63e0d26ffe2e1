# Tests of the benchmarks' command lines.
set(benchmarks accuracy activations comparison optimisers training)
rectify_test(program cli_bench_test)
target_compile_definitions(program_cli_bench_test PRIVATE RECTIFY_PROGRAM="$<TARGET_FILE:rectify>"
                                                          BENCH_FOLDER="${PROJECT_BINARY_DIR}/bench")
add_dependencies(program_cli_bench_test ${benchmarks})
