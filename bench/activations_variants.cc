#include <fmt/core.h>

#include <algorithm>

#include "activations.h"
#include "rectify/formula/expression.h"

namespace rectify::bench {
namespace {

/// Arrays that a recording pass adds to.
class Sums {
 public:
  Sums(const Activation& f, std::size_t cols)
      : sums_(6, std::vector<double>(cols)),
        counts_(2, std::vector<std::int64_t>(cols)),
        histogram_(64),
        threshold_(static_cast<float>(f.facts().flat_threshold)) {}
  ColumnSums view() {
    return {sums_[0].data(), sums_[1].data(),   sums_[2].data(),   sums_[3].data(),   sums_[4].data(),
            sums_[5].data(), counts_[0].data(), counts_[1].data(), histogram_.data(), threshold_};
  }

 private:
  std::vector<std::vector<double>> sums_;
  std::vector<std::vector<std::int64_t>> counts_;
  std::vector<std::int64_t> histogram_;
  float threshold_;
};

/// The operations of a formula or its slope, dy's multiplication included; at least the one that copies.
std::size_t operations(const Activation& f, Direction direction) {
  const Expression expression = direction == Direction::kForward ? f.formula().body : f.derivative();
  const Program program = lower(std::span(&expression, 1));
  const auto count = std::count_if(program.code.begin(), program.code.end(), [](const Instruction& i) { return arity(i.op) > 0; });
  return std::max<std::size_t>(1, static_cast<std::size_t>(count) + (direction == Direction::kForward ? 0 : 1));
}

}  // namespace

void recording(Session& session) {
  constexpr Extent kExtent{64, kL1.count / 64};
  fmt::print("\nRecording, {} x {} values in L1, ns an element.\n{:<16}{:>8}{:>11}{:>8}\n", kExtent.rows, kExtent.cols, "", "plain",
             "recording", "extra");
  Arrays a(kL1.count);
  Worst of_kernels, of_formulas;
  for (const Activation& f : session.activations()) {
    const std::vector<float> p = defaults(f);
    Sums sums(f, kExtent.cols);
    const auto ns = measure({{[&] { f.forward(a.x.data(), a.y.data(), kExtent, {p.data()}); }},
                             {[&] { f.forward_recording(a.x.data(), a.y.data(), kExtent, {p.data()}, sums.view()); }}},
                            kL1.count, session.rounds);
    fmt::print("{:<16}{:>8.3f}{:>11.3f}{:>8.3f}\n", f.name(), ns[0], ns[1], ns[1] - ns[0]);
    session.rows.push_back({{"part", "recording"}, {"activation", f.name()}, {"ns", ns[0]}, {"recording_ns", ns[1]}});
    (f.implementation() == Implementation::kKernel ? of_kernels : of_formulas).add(ns[1] - ns[0], f.name());
  }
  constexpr double kWanted = 0.2;
  if (!of_kernels.empty()) {
    session.want_at_most("L1, ns that recording adds to a kernel, most", kWanted, of_kernels.value(), of_kernels.of());
  }
  if (!of_formulas.empty()) {
    session.want_at_most("L1, ns that recording adds to a formula, most", kWanted, of_formulas.value(), of_formulas.of());
  }
}

void formulas(Session& session) {
  fmt::print("\nFormulas as tiles beside the hand-written kernels in L1, and in place beside ReLU in DRAM, ns an element.\n");
  fmt::print("{:<16}{:<9}{:>8}{:>8}{:>7}{:>5}{:>8}{:>9}{:>8}{:>8}{:>8}\n", "", "", "kernel", "tiles", "ratio", "ops", "ns/op", "allowed",
             "DRAM", "ReLU", "ratio");
  Arrays small(kL1.count), large(kDram.count);
  const Activation relu("relu");
  Worst excess, dram;
  for (const Activation& f : session.activations()) {
    const Activation tiles = f.as_tiles();
    for (const Direction direction : kDirections) {
      const auto ns = measure({{out_of_place(f, direction, small)}, {out_of_place(tiles, direction, small)}}, kL1.count, session.rounds);
      const auto far =
          measure({in_place(tiles, direction, large), in_place(relu, direction, large)}, kDram.count, session.rounds_at(kDram));
      const auto ops = static_cast<double>(operations(f, direction));
      const bool has_kernel = f.implementation() == Implementation::kKernel;
      const double allowed = has_kernel && ns[0] >= 0.15 ? 2.5 * ns[0] : 0.04 * ops;
      const double ratio = far[0] / std::max(far[1], ns[1]);
      fmt::print("{:<16}{:<9}{:>8.3f}{:>8.3f}{:>7.2f}{:>5}{:>8.3f}{:>9.2f}{:>8.3f}{:>8.3f}{:>8.2f}\n", f.name(), name_of(direction), ns[0],
                 ns[1], ns[1] / ns[0], ops, ns[1] / ops, allowed, far[0], far[1], ratio);
      session.rows.push_back({{"part", "formulas"},
                              {"activation", f.name()},
                              {"direction", name_of(direction)},
                              {"kernel_ns", ns[0]},
                              {"tiles_ns", ns[1]},
                              {"operations", ops},
                              {"allowed_ns", allowed},
                              {"dram_ns", far[0]},
                              {"relu_dram_ns", far[1]}});
      const std::string of = fmt::format("{} {}", f.name(), name_of(direction));
      if (has_kernel) excess.add(ns[1] / allowed, of);
      dram.add(ratio, of);
    }
  }
  if (!excess.empty()) {
    session.want_at_most("L1, a formula's time over 2.5 x its kernel's, or 0.04 ns an operation, most", 1, excess.value(), excess.of());
  }
  session.want_at_most("DRAM, formula in place over the larger of ReLU and L1, most", 1.2, dram.value(), dram.of());
}

}  // namespace rectify::bench
