#include <fmt/core.h>

#include <algorithm>

#include "activations.h"
#include "rectify/activation/mask.h"

namespace rectify::bench {

void memory(Session& session) {
  fmt::print(
      "\n{} elements, ns each; ratio: to the larger of the floor and the function's own time in L1. The floor is ReLU in place, memcpy\n",
      kDram.count);
  fmt::print("of the same bytes out of place.\n{:<16}{:<9}{:>8}{:>10}{:>8}{:>8}{:>14}{:>8}{:>8}\n", "", "", "L1", "in place", "ReLU",
             "ratio", "out of place", "memcpy", "ratio");
  Arrays a(kDram.count), small(kL1.count);
  const Activation relu("relu");
  Worst inside[2], outside[2];
  for (const Activation& f : session.activations()) {
    for (const Direction direction : kDirections) {
      const auto ns = measure({in_place(f, direction, a), in_place(relu, direction, a)}, kDram.count, session.rounds_at(kDram));
      const auto apart =
          measure({{out_of_place(f, direction, a)}, {copy_of_same_bytes(direction, a)}}, kDram.count, session.rounds_at(kDram));
      const double own = measure({{out_of_place(f, direction, small)}}, kL1.count, session.rounds)[0];
      const double ratio = ns[0] / std::max(ns[1], own), ratio_apart = apart[0] / std::max(apart[1], own);
      inside[static_cast<int>(direction)].add(ratio, f.name());
      outside[static_cast<int>(direction)].add(ratio_apart, f.name());
      fmt::print("{:<16}{:<9}{:>8.3f}{:>10.3f}{:>8.3f}{:>8.2f}{:>14.3f}{:>8.3f}{:>8.2f}\n", f.name(), name_of(direction), own, ns[0], ns[1],
                 ratio, apart[0], apart[1], ratio_apart);
      session.rows.push_back({{"part", "memory"},
                              {"activation", f.name()},
                              {"direction", name_of(direction)},
                              {"l1_ns", own},
                              {"in_place_ns", ns[0]},
                              {"relu_ns", ns[1]},
                              {"out_of_place_ns", apart[0]},
                              {"memcpy_ns", apart[1]}});
    }
  }
  for (const Direction direction : kDirections) {
    const auto k = static_cast<int>(direction);
    const std::string what = fmt::format("DRAM, {} over the larger of ", name_of(direction));
    session.want_at_most(what + "ReLU and L1, in place, most", 1.2, inside[k].value(), inside[k].of());
    session.want_at_most(what + "memcpy and L1, out of place, most", 1.2, outside[k].value(), outside[k].of());
  }
}

namespace {

enum class Place { kInPlace, kOutOfPlace };

Timed timed(const Activation& f, Direction direction, Place place, Arrays& a) {
  return place == Place::kInPlace ? in_place(f, direction, a) : Timed{out_of_place(f, direction, a)};
}

/// The same with a mask written or read.
Timed masked_run(const MaskedActivation& f, Direction direction, Place place, Arrays& a, std::vector<std::uint8_t>& mask) {
  const std::size_t n = a.x.size();
  const Timed plain = timed(f.activation(), direction, place, a);
  if (direction == Direction::kForward) {
    const float* const x = place == Place::kInPlace ? a.y.data() : a.x.data();
    return {[&f, x, &a, &mask, n] { f.forward(x, a.y.data(), mask.data(), n); }, plain.prepare};
  }
  const float* const dy = place == Place::kInPlace ? a.dx.data() : a.dy.data();
  return {[&f, dy, &a, &mask, n] { f.grad_from_mask(mask.data(), dy, a.dx.data(), n); }, plain.prepare};
}

}  // namespace

void masks(Session& session) {
  fmt::print(
      "\nBackward in place from a bit mask, ns an element; ratio: from the input over from the "
      "mask.\n{:<16}{:<6}{:>8}{:>8}{:>8}{:>16}{:>16}\n",
      "", "size", "input", "mask", "ratio", "forward", "with mask");
  Worst least;
  for (const Size& size : {kL1, kL2, kDram}) {
    Arrays a(size.count);
    std::vector<std::uint8_t> mask(MaskedActivation::mask_bytes(size.count));
    for (const Activation& f : session.activations()) {
      if (!MaskedActivation::fits(f)) continue;
      const MaskedActivation masked(f);
      const Place place = size.count == kDram.count ? Place::kInPlace : Place::kOutOfPlace;
      const auto forward = measure({timed(f, Direction::kForward, place, a), masked_run(masked, Direction::kForward, place, a, mask)},
                                   size.count, session.rounds_at(size));
      const auto ns = measure({timed(f, Direction::kBackward, place, a), masked_run(masked, Direction::kBackward, place, a, mask)},
                              size.count, session.rounds_at(size));
      fmt::print("{:<16}{:<6}{:>8.3f}{:>8.3f}{:>8.2f}{:>16.3f}{:>16.3f}\n", f.name(), size.name, ns[0], ns[1], ns[0] / ns[1], forward[0],
                 forward[1]);
      session.rows.push_back({{"part", "masks"},
                              {"activation", f.name()},
                              {"size", size.name},
                              {"from_input_ns", ns[0]},
                              {"from_mask_ns", ns[1]},
                              {"forward_ns", forward[0]},
                              {"forward_with_mask_ns", forward[1]}});
      if (size.count == kDram.count) least.add(-ns[0] / ns[1], f.name());
    }
  }
  if (!least.empty()) session.want_at_least("DRAM, backward in place, from input over from mask, least", 1.4, -least.value(), least.of());
}

}  // namespace rectify::bench
