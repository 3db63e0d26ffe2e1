// How far a kernel's results lie from the true ones, over as many as there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rectify::certify {

/// How near a root of f' an absolute error is asked for.
inline constexpr double kRootReach = 0.8;

/// What is asked of one direction of one activation.
struct Limits {
  double ulp = 3;        ///< in normal outputs; infinite: nothing is asked
  double absolute = 0;   ///< or this, times max(1, |x|), where it is more
  double near_root = 0;  ///< or this within kRootReach of a root
  std::vector<double> roots = {};
  bool signed_zeros = true;  ///< a zero has to have the right sign
  double subnormal = 1.5;    ///< in subnormal outputs, in units of 2^-149
};

/// The largest of some errors and the input that made it.
struct Worst {
  double error = 0;
  float x = 0;

  void take(double other_error, float other_x) {
    if (other_error > error) *this = {other_error, other_x};
  }
};

/// What was seen of one kernel. Additive.
struct Measure {
  std::int64_t normal = 0;    ///< finite results of normal size, away from roots
  double ulp_sum = 0;         ///< of their errors
  Worst ulp;                  ///< their largest error
  Worst subnormal;            ///< the largest error of results that should be subnormal or 0, in units of 2^-149
  Worst absolute;             ///< the largest |error| / max(1, |x|)
  Worst near_root;            ///< the largest |error| within kRootReach of a root, which counts in nothing above
  Worst share;                ///< the largest error as a share of what Limits allow there
  std::int64_t wrong = 0;     ///< a NaN or an infinity that should not be or should, or a zero of the wrong sign
  float first_wrong = 0;      ///< the first input that gave one
  std::int64_t unjudged = 0;  ///< finite inputs whose true value is not known
  std::uint64_t digest = 0;   ///< of the results, see digest.h

  /// Whether an error is larger than Limits allow, by more than the reference itself may be off: 2^-32 of a value is 0.004 ULP.
  bool is_missed() const { return share.error > 1.001; }
  double mean_ulp() const { return normal > 0 ? ulp_sum / static_cast<double>(normal) : 0; }
  void merge(const Measure& other);
};

struct Block;

/// Judges results on the SIMD target that is current when it is made.
class Judge {
 public:
  explicit Judge(Limits limits);

  /// Adds got[i], a kernel's result at x[i] whose true value is want[i] as Reference::run() gives it, to `measure`.
  void look_at(const float* x, const double* want, const float* got, std::size_t n, Measure& measure) const;

  const Limits& limits() const { return limits_; }

 private:
  Limits limits_;
  Block (*loop_)(const float* x, const double* want, const float* got, const Limits& limits);
};

}  // namespace rectify::certify
