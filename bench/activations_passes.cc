#include <fmt/core.h>

#include "activations.h"
#include "rectify/activation/fused.h"
#include "rectify/activation/storage.h"

namespace rectify::bench {
namespace {

/// Whether to show `f` where a few functions tell all.
bool is_typical(const Session& session, const Activation& f) {
  if (!session.only.empty()) return true;
  for (const char* name : {"relu", "tanh", "gelu", "silu"}) {
    if (f.name() == name) return true;
  }
  return false;
}

/// An activation between a bias and a dropout, as separate passes and as one.
class Fused {
 public:
  static constexpr std::size_t kCols = 512;
  static constexpr double kKeep = 0.9;

  Fused(const Activation& f, Arrays& arrays)
      : bias_(kCols, 0.1f), sums_(kCols), parameters_(defaults(f)), pass_{f, bias_.data(), {kKeep, 1, 2}}, a_(arrays) {}

  std::vector<Timed> runs(Direction direction) {
    if (direction == Direction::kForward) return {{[this] { separate_forward(); }}, {[this] { one_forward(); }}};
    return {{[this] { separate_backward(); }}, {[this] { one_backward(); }}};
  }

 private:
  Extent extent() const { return {a_.x.size() / kCols, kCols}; }
  ParameterView parameters() const { return {parameters_.data()}; }

  void separate_forward() {
    add_bias(a_.x.data(), bias_.data(), a_.y.data(), extent());
    pass_.activation.forward(a_.y.data(), a_.y.data(), extent(), parameters());
    apply_dropout(pass_.dropout, a_.y.data(), a_.y.data(), a_.y.size());
  }
  void one_forward() { forward(pass_, a_.x.data(), a_.y.data(), extent(), parameters()); }
  // Separate passes would have kept the input with its bias, so that they need not add it again.
  void separate_backward() {
    apply_dropout(pass_.dropout, a_.dy.data(), a_.dx.data(), a_.dx.size());
    pass_.activation.grad_from_input(a_.x.data(), a_.dx.data(), a_.dx.data(), extent(), parameters());
    add_column_sums(a_.dx.data(), sums_.data(), extent());
  }
  void one_backward() { grad_from_input(pass_, a_.x.data(), a_.dy.data(), a_.dx.data(), sums_.data(), extent(), parameters()); }

  AlignedVector<float> bias_, sums_;
  std::vector<float> parameters_;
  FusedPass pass_;
  Arrays& a_;
};

/// Measures one storage format at one size; adds its times.
template <Stored16 T>
std::vector<double> stored_times(const Activation& f, const Arrays& a, int rounds) {
  const std::size_t n = a.x.size();
  std::vector<T> x(n), y(n), dy(n), dx(n);
  narrow(a.x.data(), x.data(), n);
  narrow(a.dy.data(), dy.data(), n);
  return measure({{[&] { forward(f, x.data(), y.data(), n); }}, {[&] { grad_from_input(f, x.data(), dy.data(), dx.data(), n); }}}, n,
                 rounds);
}

}  // namespace

void fused(Session& session) {
  fmt::print("\nBias, activation, dropout (keep {}), {} columns, ns an element; ratio: separate passes over one.\n", Fused::kKeep,
             Fused::kCols);
  fmt::print("{:<16}{:<9}{:<6}{:>10}{:>9}{:>8}\n", "", "", "size", "separate", "one", "ratio");
  Worst least;
  for (const Size& size : {kL1, kL2, kDram}) {
    Arrays a(size.count);
    for (const Activation& f : session.activations()) {
      if (!is_typical(session, f)) continue;
      Fused fused(f, a);
      for (const Direction direction : kDirections) {
        const auto ns = measure(fused.runs(direction), size.count, session.rounds_at(size));
        fmt::print("{:<16}{:<9}{:<6}{:>10.3f}{:>9.3f}{:>8.2f}\n", f.name(), name_of(direction), size.name, ns[0], ns[1], ns[0] / ns[1]);
        session.rows.push_back({{"part", "fused"},
                                {"activation", f.name()},
                                {"direction", name_of(direction)},
                                {"size", size.name},
                                {"separate_ns", ns[0]},
                                {"fused_ns", ns[1]}});
        if (size.count == kDram.count) least.add(-ns[0] / ns[1], fmt::format("{} {}", f.name(), name_of(direction)));
      }
    }
  }
  if (!least.empty())
    session.want_at_least("DRAM, bias, activation and dropout: separate passes over one, least", 1, -least.value(), least.of());
}

void storage(Session& session) {
  fmt::print("\nStorage in 16 bits, ns an element forward and backward.\n{:<16}{:<6}{:>16}{:>16}{:>16}\n", "", "size", "f32", "bf16",
             "f16");
  for (const Size& size : {kL1, kDram}) {
    Arrays a(size.count);
    for (const Activation& f : session.activations()) {
      if (!is_typical(session, f)) continue;
      const int rounds = session.rounds_at(size);
      const auto f32 = measure({{out_of_place(f, Direction::kForward, a)}, {out_of_place(f, Direction::kBackward, a)}}, size.count, rounds);
      const auto bf16 = stored_times<BFloat16>(f, a, rounds), f16 = stored_times<Float16>(f, a, rounds);
      fmt::print("{:<16}{:<6}{:>8.3f}{:>8.3f}{:>8.3f}{:>8.3f}{:>8.3f}{:>8.3f}\n", f.name(), size.name, f32[0], f32[1], bf16[0], bf16[1],
                 f16[0], f16[1]);
      session.rows.push_back(
          {{"part", "storage"}, {"activation", f.name()}, {"size", size.name}, {"f32_ns", f32}, {"bf16_ns", bf16}, {"f16_ns", f16}});
    }
  }
}

}  // namespace rectify::bench
