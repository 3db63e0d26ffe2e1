#include "rectify/train/optimiser.h"

#include <algorithm>
#include <cmath>

#include "rectify/base/threads.h"
#include "rectify/simd/layers.h"

namespace rectify {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 15;       // values
constexpr std::size_t kWorthATeam = std::size_t{1} << 18;  // values; fewer are updated sooner than a team begins

UpdateLoop loop_of(const OptimiserOptions& options) {
  const OptimiserKernels& kernels = optimiser_kernels();
  switch (options.kind) {
    case OptimiserKind::kSgd:
      if (options.momentum == 0) return kernels.plain;
      return options.nesterov == Nesterov::kOn ? kernels.nesterov : kernels.momentum;
    case OptimiserKind::kRmsprop: return kernels.rmsprop;
    case OptimiserKind::kAdam:
    case OptimiserKind::kAdamW: break;
  }
  return kernels.adam;
}

}  // namespace

Optimiser::Optimiser(const OptimiserOptions& options, ParameterStore& store) : options_(options), store_(store) {
  const std::size_t size = store.values().size();
  if (options.kind != OptimiserKind::kRmsprop && options.states() > 0) first_.resize(size);
  if (options.states() == 2 || options.kind == OptimiserKind::kRmsprop) second_.resize(size);
  // Slots end where the next begins, padding included; neighbours that decay alike are one.
  const auto slots = store.slots();
  for (std::size_t i = 0; i < slots.size();) {
    std::size_t next = i + 1;
    while (next < slots.size() && (options.weight_decay == 0 || slots[next].decays() == slots[i].decays())) ++next;
    cut(slots[i].offset, next < slots.size() ? slots[next].offset : size, options.weight_decay != 0 && slots[i].decays());
    i = next;
  }
  squares_.resize(pieces_.size());
  finite_.resize(pieces_.size());
}

void Optimiser::cut(std::size_t begin, std::size_t end, bool decays) {
  for (; begin < end; begin += kPiece) pieces_.push_back({begin, std::min(begin + kPiece, end), decays});
}

template <class Job>
void Optimiser::for_each_piece(const Job& job) {
  const auto indexed = [&](int i) { job(pieces_[i], i); };
  const int count = static_cast<int>(pieces_.size());
  if (store_.values().size() >= kWorthATeam) {
    share_out(count, indexed);
  } else {
    for (int i = 0; i < count; ++i) indexed(i);
  }
}

double Optimiser::gradient_norm() {
  for_each_piece([&](const Piece& piece, int i) {
    const auto count = static_cast<std::int64_t>(piece.end - piece.begin);
    squares_[i] = layer_kernels().sum_of_squares(store_.gradients().data() + piece.begin, count);
  });
  double sum = 0;
  for (const double square : squares_) sum += square;
  return std::sqrt(sum);
}

UpdateStep Optimiser::next_step(double rate) {
  ++steps_;
  const OptimiserOptions& o = options_;
  UpdateStep step{.rate = static_cast<float>(rate)};
  if (o.kind == OptimiserKind::kAdam || o.kind == OptimiserKind::kAdamW) {
    const double correction1 = 1 - std::pow(o.beta1, steps_), correction2 = std::sqrt(1 - std::pow(o.beta2, steps_));
    step.rate = static_cast<float>(rate * correction2 / correction1);
    step.first = static_cast<float>(o.beta1);
    step.first_new = static_cast<float>(1 - o.beta1);
    step.second = static_cast<float>(o.beta2);
    step.second_new = static_cast<float>(1 - o.beta2);
    step.epsilon = static_cast<float>(o.epsilon * correction2);
  } else if (o.kind == OptimiserKind::kRmsprop) {
    step.second = static_cast<float>(o.rho);
    step.second_new = static_cast<float>(1 - o.rho);
    step.epsilon = static_cast<float>(o.epsilon);
  } else {
    step.first = static_cast<float>(o.momentum);
  }
  if (o.clip) step.scale = static_cast<float>(std::min(1.0, *o.clip / gradient_norm()));
  return step;
}

bool Optimiser::step(double rate) {
  const UpdateStep plain = next_step(rate);
  UpdateStep decaying = plain;
  if (options_.kind == OptimiserKind::kAdamW) {
    decaying.keep = static_cast<float>(1 - rate * options_.weight_decay);
  } else {
    decaying.decay = static_cast<float>(options_.weight_decay);
  }
  const UpdateLoop loop = loop_of(options_);
  const auto state = [](AlignedVector<float>& values, std::size_t begin) { return values.empty() ? nullptr : values.data() + begin; };
  for_each_piece([&](const Piece& piece, int i) {
    const std::size_t begin = piece.begin;
    finite_[i] = loop(store_.values().data() + begin, store_.gradients().data() + begin, state(first_, begin), state(second_, begin),
                      piece.end - begin, piece.decays ? decaying : plain);
  });
  return std::all_of(finite_.begin(), finite_.end(), [](std::uint8_t finite) { return finite != 0; });
}

}  // namespace rectify
