// A formula in double precision with bounds on the errors, over many values at once: what evaluate_bounded() does, at the speed of vectors.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "rectify/base/aligned.h"
#include "rectify/formula/program.h"

namespace rectify {

/// Values in a batch.
inline constexpr std::size_t kBatch = 256;

/// Values with bounds on their errors: |true value - value| <= error. An infinite value with error 0 stands for anything beyond 2^1000 of
/// its sign, an infinite error for nothing known.
struct alignas(kAlignment) BoundedLanes {
  std::array<double, kBatch> value, error;
};

/// One operation on lanes. Operands that it does not have are ignored; `out` is none of them.
using BatchOp = void (*)(const BoundedLanes& a, const BoundedLanes& b, const BoundedLanes& c, BoundedLanes& out);

/// The operations, by Op, for one SIMD target; null for leaves.
using BatchOps = std::array<BatchOp, static_cast<std::size_t>(Op::kSelect) + 1>;

/// Evaluates outputs of a program on the SIMD target that is current when it is made. Not to be shared between threads.
class BoundedBatch {
 public:
  BoundedBatch(const Program& program, std::span<const double> parameters, std::span<const int> outputs);

  /// Evaluates at kBatch finite values.
  void run(const float* x);
  /// What run() found for outputs[k].
  const BoundedLanes& output(std::size_t k) const { return lanes_[program_.outputs[k]]; }

 private:
  Program program_;
  const BatchOps& ops_;
  AlignedVector<BoundedLanes> lanes_;
  BoundedLanes power_;
};

}  // namespace rectify
