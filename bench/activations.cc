// Every activation on one thread: at four sizes beside oneDNN's eltwise primitive on the same instruction set and memcpy of the same bytes;
// beyond the caches beside ReLU; from bit masks; recording; as a typed formula; in one pass with bias and dropout; stored in 16 bits. A
// summary says what was wanted of each and what was measured. Usage: activations [--target NAME] [--only ACTIVATION] [--part NAME]
// [--rounds N] [--json FILE]
#include "activations.h"

#include <fmt/core.h>

#include "activations_onednn.h"
#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/simd/target.h"
#include "surroundings.h"

namespace rectify::bench {
namespace {

struct Part {
  const char* name;
  void (*run)(Session&);
};
constexpr Part kParts[] = {{"table", table},       {"memory", memory}, {"masks", masks},    {"recording", recording},
                           {"formulas", formulas}, {"fused", fused},   {"storage", storage}};

/// Runs the part of that name, or all.
void run_parts(Session& session, const std::string& name) {
  bool found = false;
  for (const Part& part : kParts) {
    if (!name.empty() && name != part.name) continue;
    found = true;
    part.run(session);
  }
  if (!found) fail("bench", fmt::format("there is no part {}; choose table, memory, masks, recording, formulas, fused or storage", name));
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
  set_team_size(1);
  set_target(option(argc, argv, "--target", "best"));
  cap_onednn(current_target());
  Session session{current_target(), option(argc, argv, "--only", ""), count_option(argc, argv, "--rounds", 15)};
  fmt::print("nanoseconds an element, target {}, one thread, first quartiles of {} rounds; ratio: oneDNN's time over ours\n",
             session.target, session.rounds);
  run_parts(session, option(argc, argv, "--part", ""));
  write_json(option(argc, argv, "--json", ""), {{"figures", summary(session)}, {"rows", session.rows}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) { return rectify::bench::run_guarded(argc, argv, rectify::bench::run); }
