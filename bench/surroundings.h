// What a figure was measured on, and how it is written.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace rectify::bench {

/// What the default comparison trains.
inline constexpr const char* kLectureActivations[] = {"linear", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "maxout"};
inline constexpr char kNet[] = "784-8x128-10";
inline constexpr std::int64_t kBatch = 128;

/// What stands after `name` on the command line, or `otherwise`. Errors: [bench] it is the last word.
std::string option(int argc, char** argv, const std::string& name, const std::string& otherwise);

/// The same for a count. Errors: [bench] it is no number from 1 to 10,000.
int count_option(int argc, char** argv, const std::string& name, int otherwise);

/// The middle value.
double median(std::vector<double> values);

/// CPU, SIMD target, compiler, and commit of the source tree where git knows it.
nlohmann::json surroundings();

/// Writes `figures` beside surroundings() to `path`; nothing where the path is empty. Errors: [bench] it cannot be written.
void write_json(const std::string& path, nlohmann::json figures);

/// What main() returns: that of run(), or 1 where it throws, which is printed.
int run_guarded(int argc, char** argv, int (*run)(int argc, char** argv));

}  // namespace rectify::bench
