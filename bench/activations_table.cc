#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "activations.h"
#include "activations_onednn.h"
#include "rectify/activation/from_output.h"

namespace rectify::bench {
namespace {

/// Measures one function and direction at one size, prints the row and returns it.
nlohmann::json row(const Session& session, const Activation& f, Direction direction, const Size& size, Arrays& a) {
  std::vector<Timed> runs{{out_of_place(f, direction, a)}, {copy_of_same_bytes(direction, a)}};
  std::optional<OneDnnEltwise> peer;
  if (OneDnnEltwise::has(f.name())) {
    peer.emplace(f.name(), a);
    runs.push_back({[&] { direction == Direction::kForward ? peer->forward() : peer->backward(); }});
  }
  const auto from_output = direction == Direction::kBackward ? GradientFromOutput::of(f) : std::nullopt;
  AlignedVector<float> y(from_output ? size.count : 0);
  if (from_output) {
    f.forward(a.x.data(), y.data(), size.count);
    runs.push_back({[&] { from_output->run(y.data(), a.dy.data(), a.dx.data(), size.count); }});
  }
  const std::vector<double> ns = measure(runs, size.count, session.rounds_at(size));
  fmt::print("{:<16}{:<9}{:<6}{:>8.3f}{:>9.3f}", f.name(), name_of(direction), size.name, ns[0], ns[1]);
  fmt::print("{:>9}{:>8}", peer ? fmt::format("{:.3f}", ns[2]) : "", peer ? fmt::format("{:.2f}", ns[2] / ns[0]) : "");
  fmt::print("{}\n", from_output ? fmt::format("{:>8.3f}", ns.back()) : "");
  nlohmann::json result{{"part", "table"}, {"activation", f.name()}, {"direction", name_of(direction)}, {"size", size.name},
                        {"ns", ns[0]},     {"memcpy_ns", ns[1]}};
  if (peer) result["onednn_ns"] = ns[2];
  if (from_output) result["from_output_ns"] = ns.back();
  return result;
}

/// The figures against oneDNN in L1: what is wanted depends on the target.
void add_figures(Session& session) {
  for (const Direction direction : kDirections) {
    GeometricMean mean;
    Worst worst;
    for (const nlohmann::json& r : session.rows) {
      if (r["direction"] != name_of(direction) || r["size"] != kL1.name || !r.contains("onednn_ns")) continue;
      const double ratio = r["onednn_ns"].get<double>() / r["ns"].get<double>();
      mean.add(ratio);
      worst.add(-ratio, r["activation"]);
    }
    if (worst.empty()) continue;
    const bool forward = direction == Direction::kForward;
    const std::string title = fmt::format("L1, oneDNN's time over ours, {}", name_of(direction));
    if (session.target == "AVX3") {
      session.want_at_least(title + ", geometric mean", forward ? 1.15 : 1.4, mean.value());
      session.want_at_least(title + ", least", 0.85, -worst.value(), worst.of());
    } else if (session.target == "AVX2" && forward) {
      session.want_at_least(title + ", geometric mean", 1.4, mean.value());
    }
  }
}

}  // namespace

void table(Session& session) {
  fmt::print("{:<16}{:<9}{:<6}{:>8}{:>9}{:>9}{:>8}{:>8}\n", "", "", "size", "ours", "memcpy", "oneDNN", "ratio", "from y");
  for (const Size& size : {kL1, k16Ki, kL2, kDram}) {
    Arrays arrays(size.count);
    for (const Activation& f : session.activations()) {
      for (const Direction direction : kDirections) session.rows.push_back(row(session, f, direction, size, arrays));
    }
  }
  add_figures(session);
}

}  // namespace rectify::bench
