// Every activation on one thread: at four sizes beside oneDNN's eltwise primitive on the same instruction set and memcpy of the same bytes;
// beyond the caches beside ReLU; from bit masks; recording; as a typed formula; in one pass with bias and dropout; stored in 16 bits; far
// out; and the layers, softmax and the gated ones. A summary says what was wanted of each and what was measured.
#include "activations.h"

#include <fmt/core.h>

#include "activations_onednn.h"
#include "program.h"
#include "rectify/base/threads.h"
#include "rectify/simd/target.h"
#include "surroundings.h"

namespace rectify::bench {
namespace {

struct Part {
  const char* name;
  void (*run)(Session&);
};
constexpr Part kParts[] = {{"table", table}, {"memory", memory},   {"masks", masks},   {"recording", recording}, {"formulas", formulas},
                           {"fused", fused}, {"storage", storage}, {"ranges", ranges}, {"layers", layers}};

std::vector<std::string> part_names() {
  std::vector<std::string> names;
  for (const Part& part : kParts) names.emplace_back(part.name);
  return names;
}

nlohmann::json summary(const Session& session) {
  nlohmann::json figures = nlohmann::json::array();
  fmt::print("\n{:<86}{:>8}{:>10}\n", "", "wanted", "measured");
  for (const Figure& f : session.figures) {
    fmt::print("{:<86}{:>8}{:>10.3f}  {}{}\n", f.what, f.wanted, f.measured, f.met ? "met" : "missed", f.of.empty() ? "" : ", " + f.of);
    figures.push_back({{"what", f.what}, {"wanted", f.wanted}, {"measured", f.measured}, {"of", f.of}, {"met", f.met}});
  }
  return figures;
}

int run(int argc, char** argv) {
  Program program(
      "Every activation on one thread, forward and backward: beside oneDNN and memcpy\n"
      "at four sizes (table), beyond the caches (memory), from bit masks (masks),\n"
      "recording (recording), as typed formulas (formulas), in one pass with bias and\n"
      "dropout (fused), stored in 16 bits (storage), where exponentials overflow or\n"
      "underflow (ranges), softmax and gated layers (layers).\n"
      "All parts take about ten minutes.");
  std::string target = "best", only, chosen;
  int rounds = 15;
  std::vector<std::string> known_targets = targets();
  known_targets.insert(known_targets.begin(), target);
  program.add_choice("--target", target, known_targets, "the SIMD target that computes, such as AVX2", target);
  program.add_choice("--only", only, catalogue_names(), "measure this activation only", "NAME");
  program.add_choice("--part", chosen, part_names(), "run this part only", "NAME");
  program.add_count("--rounds", rounds, "measurements to take the first quartile of");
  if (const auto status = program.parse(argc, argv)) return *status;
  set_team_size(1);
  set_target(target);
  cap_onednn(current_target());
  Session session{current_target(), only, rounds};
  fmt::print("nanoseconds an element, target {}, one thread, first quartiles of {} rounds; ratio: oneDNN's time over ours\n",
             session.target, session.rounds);
  for (const Part& part : kParts) {
    if (chosen.empty() || chosen == part.name) part.run(session);
  }
  program.write({{"figures", summary(session)}, {"rows", session.rows}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) { return rectify::bench::run_guarded(argc, argv, rectify::bench::run); }
