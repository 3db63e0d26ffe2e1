// What a figure was measured on.
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

/// The middle value.
double median(std::vector<double> values);

/// CPU, SIMD target, compiler, and commit of the source tree where git knows it.
nlohmann::json surroundings();

}  // namespace rectify::bench
