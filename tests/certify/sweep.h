// Runs an activation on every SIMD target over all floats or a sample of them, and judges what comes out.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "judge.h"
#include "limits.h"
#include "rectify/activation/activation.h"
#include "rectify/simd/target.h"
#include "tests/reference/reference.h"

namespace rectify::certify {

/// Which floats: one of every `step` consecutive bit patterns, drawn at random from a fixed seed; all where `step` is 1. Where it is more,
/// the special ones come on top.
class Patterns {
 public:
  /// `step` is a power of 2.
  explicit Patterns(std::uint32_t step) : step_(step) {}

  std::uint32_t step() const { return step_; }
  std::uint64_t count() const;
  /// Writes n of them from number `begin` on.
  void fill(std::uint64_t begin, std::size_t n, float* x) const;

 private:
  std::uint32_t step_;
};

/// Both directions, by Direction.
using Measures = std::array<Measure, 2>;
/// By target.
using Findings = std::map<std::string, Measures>;

/// The values of its parameters as kernels get them, rounded to float.
std::vector<double> parameters_of(const Activation& activation);

/// One activation on some targets.
class Sweep {
 public:
  /// Errors: as Activation's.
  Sweep(std::string_view name, int threads, std::span<const std::string> on = targets());

  /// Adds what it sees of numbers begin .. end of `patterns`.
  void run(const Patterns& patterns, std::uint64_t begin, std::uint64_t end);

  const Findings& findings() const { return findings_; }
  /// Goes on from what an earlier sweep found.
  void resume(const Findings& earlier) { findings_ = earlier; }

  const Activation& activation() const { return activations_.begin()->second; }
  const Limits& limits(Direction direction) const { return judges_[static_cast<int>(direction)].limits(); }
  /// Processor time spent on true values, of both directions together.
  double reference_seconds() const { return reference_seconds_; }
  std::int64_t from_polynomials() const;
  std::int64_t from_mpfr() const;

 private:
  void run_chunk(const Patterns& patterns, std::uint64_t begin, std::size_t n);
  void compute(std::size_t n);
  void judge(std::uint64_t begin, std::size_t n);
  /// Runs job(first, n, reference) over parts of a chunk, in threads.
  template <class Job>
  void in_parts(std::size_t n, const Job& job);

  int threads_;
  std::map<std::string, Activation> activations_;  // by target: tiles try themselves out on the target they first run on
  std::vector<Judge> judges_;                      // by Direction
  Findings findings_;
  std::vector<std::unique_ptr<Reference>> references_;  // one a thread, those that are free
  std::mutex mutex_;
  std::vector<float> x_, ones_;
  std::vector<std::array<std::vector<float>, 2>> results_;  // by target and Direction
  std::array<std::vector<double>, 2> want_;
  double reference_seconds_ = 0;
};

}  // namespace rectify::certify
