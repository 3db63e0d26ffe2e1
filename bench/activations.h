// What the parts of the activations benchmark share: arrays, timing, figures.
#pragma once

#include <cmath>
#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/base/aligned.h"

namespace rectify::bench {

/// A count of elements to measure at.
struct Size {
  const char* name;
  std::size_t count;
};
inline constexpr Size kL1{"L1", 2048}, k16Ki{"16Ki", 16384}, kL2{"L2", 32768}, kDram{"DRAM", 16 << 20};

enum class Direction { kForward, kBackward };
inline constexpr Direction kDirections[] = {Direction::kForward, Direction::kBackward};
const char* name_of(Direction direction);

/// The arrays of one function.
struct Arrays {
  explicit Arrays(std::size_t n);
  AlignedVector<float> x, y, dy, dx;
};

/// Something to time, and what has to happen before each time, untimed.
struct Timed {
  std::function<void()> run;
  std::function<void()> prepare = {};
};

/// Nanoseconds of processor time an element of each of `runs` over n elements, measured in turn, so that they share what disturbs them: the
/// first quartiles of `rounds`.
std::vector<double> measure(const std::vector<Timed>& runs, std::size_t n, int rounds);

/// Keeps a geometric mean.
class GeometricMean {
 public:
  void add(double value) { sum_ += std::log(value), ++count_; }
  double value() const { return count_ == 0 ? NAN : std::exp(sum_ / count_); }

 private:
  double sum_ = 0;
  int count_ = 0;
};

/// Keeps the largest value, and whose it is.
class Worst {
 public:
  void add(double value, const std::string& of) {
    if (!of_.empty() && !(value > value_)) return;
    value_ = value;
    of_ = of;
  }
  bool empty() const { return of_.empty(); }
  double value() const { return value_; }
  const std::string& of() const { return of_; }

 private:
  double value_ = NAN;
  std::string of_;
};

/// A figure that is wanted, as the summary prints it.
struct Figure {
  std::string what;
  std::string wanted;
  double measured;
  std::string of;  ///< which function is the worst, where that says something
  bool met;
};

/// What the command line chose, and what the parts found.
struct Session {
  std::string target;
  std::string only;  ///< the one function to measure, or ""
  int rounds;
  nlohmann::json rows = nlohmann::json::array();
  std::vector<Figure> figures;

  /// The catalogue's activations that are to be measured.
  std::vector<Activation> activations() const;
  /// Rounds at a size: fewer where one takes long.
  int rounds_at(const Size& size) const;
  void want_at_least(const std::string& what, double wanted, double measured, const std::string& of = "");
  void want_at_most(const std::string& what, double wanted, double measured, const std::string& of = "");
};

/// The values of the parameters of `f`.
std::vector<float> defaults(const Activation& f);
/// `f` over arrays: y = f(x), or dx = dy * f'(x).
std::function<void()> out_of_place(const Activation& f, Direction direction, Arrays& a);
/// `f` in place: x = f(x), or dy = dy * f'(x); y and dx keep what is written back before each run, since values that go through a function
/// again and again become 0 or subnormal.
Timed in_place(const Activation& f, Direction direction, Arrays& a);
/// memcpy of as many bytes as a function reads and writes.
std::function<void()> copy_of_same_bytes(Direction direction, Arrays& a);

/// The parts. Each prints its table and adds its rows and figures.
void table(Session& session);      ///< every function beside memcpy and oneDNN
void memory(Session& session);     ///< beyond the caches, in place and out of place
void masks(Session& session);      ///< backward from a bit mask
void recording(Session& session);  ///< what recording adds
void formulas(Session& session);   ///< formulas run as tiles beside kernels
void fused(Session& session);      ///< bias, activation and dropout in one pass
void storage(Session& session);    ///< bf16 and f16 beside float
void ranges(Session& session);     ///< where exponentials overflow or underflow
void layers(Session& session);     ///< softmax beside oneDNN, gated layers beside their gates

}  // namespace rectify::bench
