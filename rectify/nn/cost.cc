#include "rectify/nn/cost.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "rectify/base/aligned.h"
#include "rectify/base/random.h"
#include "rectify/base/timing.h"
#include "rectify/nn/parameter_store.h"

namespace rectify {
namespace {

constexpr double kRepeatSeconds = 1e-4;  // long against the clock's resolution, short against a thread's time slice
constexpr int kRepeats = 9;
constexpr double kMultiplicationsWorthAThread = 1 << 28;  // some ten milliseconds of a core

}  // namespace

double measure_ns_per_element(const Activation& activation, Extent extent) {
  const std::size_t n = extent.rows * extent.cols;
  AlignedVector<float> x(n), y(n), dy(n), dx(n);
  Random random(1, 0);
  for (float& value : x) value = static_cast<float>(random.normal());
  for (float& value : dy) value = static_cast<float>(random.normal());
  AlignedVector<float> parameters, parameter_gradients;
  for (const FormulaParameter& parameter : activation.parameters()) {
    parameters.insert(parameters.end(), extent.cols, static_cast<float>(parameter.value));
  }
  parameter_gradients.resize(parameters.size());
  const ParameterView view{parameters.data(), Sharing::kPerColumn};

  const auto pass = [&] {
    if (!activation.learns()) {
      activation.forward(x.data(), y.data(), n);
      activation.grad_from_input(x.data(), dy.data(), dx.data(), n);
      return;
    }
    activation.forward(x.data(), y.data(), extent, view);
    activation.grad_from_input(x.data(), dy.data(), dx.data(), extent, view);
    activation.grad_parameters(x.data(), dy.data(), parameter_gradients.data(), extent, view);
  };
  double best = std::numeric_limits<double>::infinity();
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const Stopwatch watch;
    int passes = 0;
    do {
      pass();
      ++passes;
    } while (watch.seconds() < kRepeatSeconds);
    best = std::min(best, watch.seconds() / passes);
  }
  return best / static_cast<double>(n) * 1e9;
}

double step_multiplications(const Model& model, std::int64_t batch) {
  const std::vector<Shape> shape = shapes(model);
  const std::vector<ParameterSlot> slots = ParameterStore::layout(model);
  double all = 0;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    for (const ParameterSlot& slot : slots) {
      if (slot.node != model.nodes[i].name || slot.kind != ParameterKind::kWeight) continue;
      all += 3 * static_cast<double>(slot.size()) * static_cast<double>(shape[i].positions() * batch);
    }
  }
  return all;
}

int threads_worth(double multiplications, int most) {
  return static_cast<int>(std::clamp(multiplications / kMultiplicationsWorthAThread, 1.0, static_cast<double>(most)));
}

}  // namespace rectify
