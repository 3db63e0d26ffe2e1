#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <cstring>

#include "activations.h"

namespace rectify::bench {
namespace {

/// Seconds that this thread has run: unlike the time of day, they do not grow while others have the processor.
double seconds_run() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

const char* name_of(Direction direction) { return direction == Direction::kForward ? "forward" : "backward"; }

Arrays::Arrays(std::size_t n) : x(n), y(n), dy(n), dx(n) {
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = static_cast<float>(4 * std::sin(1.3 * static_cast<double>(i)));
    dy[i] = static_cast<float>(std::cos(0.7 * static_cast<double>(i)));
  }
}

std::vector<double> measure(const std::vector<Timed>& runs, std::size_t n, int rounds) {
  const bool prepared = std::any_of(runs.begin(), runs.end(), [](const Timed& t) { return t.prepare != nullptr; });
  const int repeats = prepared ? 1 : static_cast<int>(std::max<std::size_t>(1, (1 << 19) / n));
  std::vector<std::vector<double>> times(runs.size());
  for (int round = -1; round < rounds; ++round) {  // the first only warms up
    for (std::size_t k = 0; k < runs.size(); ++k) {
      if (runs[k].prepare) runs[k].prepare();
      const double start = seconds_run();
      for (int i = 0; i < repeats; ++i) runs[k].run();
      if (round >= 0) times[k].push_back((seconds_run() - start) / repeats / static_cast<double>(n) * 1e9);
    }
  }
  std::vector<double> quartiles;
  for (auto& t : times) {
    const auto quarter = t.begin() + static_cast<std::ptrdiff_t>(t.size() / 4);
    std::nth_element(t.begin(), quarter, t.end());
    quartiles.push_back(*quarter);
  }
  return quartiles;
}

std::vector<Activation> Session::activations() const {
  std::vector<Activation> all;
  for (const std::string& name : catalogue_names()) {
    if (only.empty() || name == only) all.emplace_back(name);
  }
  return all;
}

int Session::rounds_at(const Size& size) const { return size.count >= kDram.count ? std::max(1, rounds / 2) : rounds; }

void Session::want_at_least(const std::string& what, double wanted, double measured, const std::string& of) {
  figures.push_back({what, fmt::format(">= {}", wanted), measured, of, measured >= wanted});
}

void Session::want_at_most(const std::string& what, double wanted, double measured, const std::string& of) {
  figures.push_back({what, fmt::format("<= {}", wanted), measured, of, measured <= wanted});
}

std::vector<float> defaults(const Activation& f) {
  std::vector<float> values;
  for (const FormulaParameter& p : f.parameters()) values.push_back(static_cast<float>(p.value));
  return values;
}

std::function<void()> out_of_place(const Activation& f, Direction direction, Arrays& a) {
  if (direction == Direction::kForward) return [f, &a] { f.forward(a.x.data(), a.y.data(), a.x.size()); };
  return [f, &a] { f.grad_from_input(a.x.data(), a.dy.data(), a.dx.data(), a.x.size()); };
}

Timed in_place(const Activation& f, Direction direction, Arrays& a) {
  const std::size_t n = a.x.size();
  if (direction == Direction::kForward) {
    return {[f, &a, n] { f.forward(a.y.data(), a.y.data(), n); }, [&a] { std::copy(a.x.begin(), a.x.end(), a.y.begin()); }};
  }
  return {[f, &a, n] { f.grad_from_input(a.x.data(), a.dx.data(), a.dx.data(), n); },
          [&a] { std::copy(a.dy.begin(), a.dy.end(), a.dx.begin()); }};
}

std::function<void()> copy_of_same_bytes(Direction direction, Arrays& a) {
  const std::size_t bytes = a.x.size() * sizeof(float);
  if (direction == Direction::kForward) return [&a, bytes] { std::memcpy(a.y.data(), a.x.data(), bytes); };
  return [&a, bytes] {  // three arrays instead of two
    std::memcpy(a.dx.data(), a.dy.data(), bytes);
    std::memcpy(a.y.data(), a.x.data(), bytes / 2);
  };
}

}  // namespace rectify::bench
