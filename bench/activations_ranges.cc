#include <fmt/core.h>

#include <algorithm>

#include "activations.h"

namespace rectify::bench {
namespace {

/// Where exponentials overflow or underflow, and where squares underflow. The first is what others are compared with.
constexpr float kMiddles[] = {1.5f, 72.0f, 200.0f, -200.0f, 1e9f, -1e9f, 1e-20f};
constexpr std::size_t kFar = 6;  // so many of them

/// Inputs about `middle`.
void fill(Arrays& a, float middle) {
  for (std::size_t i = 0; i < a.x.size(); ++i) a.x[i] = middle * (1 + 1e-4f * static_cast<float>(i % 1000));
}

}  // namespace

void ranges(Session& session) {
  fmt::print("\nInputs about x in L1, ns an element; ratio: the longest of those from 72 to -1e9 over that at 1.5.\n{:<25}", "");
  for (const float middle : kMiddles) fmt::print("{:>9g}", middle);
  fmt::print("{:>8}\n", "ratio");
  Worst kernels, formulas;
  Arrays a(kL1.count);
  for (const Activation& f : session.activations()) {
    for (const Direction direction : kDirections) {
      std::vector<double> ns;
      for (const float middle : kMiddles) {
        fill(a, middle);
        ns.push_back(measure({{out_of_place(f, direction, a)}}, kL1.count, session.rounds)[0]);
      }
      const double ratio = *std::max_element(ns.begin() + 1, ns.begin() + kFar) / ns[0];
      (f.implementation() == Implementation::kKernel ? kernels : formulas).add(ratio, f.name());
      fmt::print("{:<16}{:<9}", f.name(), name_of(direction));
      for (const double time : ns) fmt::print("{:>9.3f}", time);
      fmt::print("{:>8.2f}\n", ratio);
      session.rows.push_back(
          {{"part", "ranges"}, {"activation", f.name()}, {"direction", name_of(direction)}, {"x", kMiddles}, {"ns", ns}});
    }
  }
  if (!kernels.empty()) session.want_at_most("L1, a kernel far out over at 1.5, most", 2, kernels.value(), kernels.of());
  if (!formulas.empty()) session.want_at_most("L1, a formula far out over at 1.5, most", 10, formulas.value(), formulas.of());
}

}  // namespace rectify::bench
