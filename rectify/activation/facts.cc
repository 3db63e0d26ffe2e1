#include "rectify/activation/facts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "rectify/formula/operation.h"

namespace rectify {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Where functions are looked at: every 1/64 on [-64, 64], then in steps of 2^(1/8) out to 2^40 on both sides, ascending.
const std::vector<double>& grid() {
  static const std::vector<double> kGrid = [] {
    std::vector<double> points;
    for (double size = 0x1p40; size > 64; size *= std::exp2(-0.125)) points.push_back(-size);
    for (double x = -64; x <= 64; x += 1.0 / 64) points.push_back(x);
    const std::size_t far = std::find(points.begin(), points.end(), -64.0) - points.begin();
    for (std::size_t i = far; i-- > 0;) points.push_back(-points[i]);
    return points;
  }();
  return kGrid;
}

/// The difference whose sign decides what instruction `s` does, given all results.
double decision(const Instruction& s, const std::vector<double>& r) {
  switch (s.op) {
    case Op::kAbs:
    case Op::kSign: return r[s.a];
    case Op::kFloor: return operate(Op::kFloor, r[s.a], 0, 0);
    default: return r[s.a] - r[s.b];
  }
}

bool decides(Op op) {
  return is_comparison(op) || op == Op::kMin || op == Op::kMax || op == Op::kAbs || op == Op::kSign || op == Op::kFloor;
}

class Analysis {
 public:
  Analysis(const Program& program, std::span<const double> parameters) : program_(program), parameters_(parameters) {}

  double value(double x) const { return evaluate(program_, x, parameters_, 0); }
  double slope(double x) const { return evaluate(program_, x, parameters_, 1); }

  Facts facts() {
    Facts facts{};
    facts.kinks = kinks();
    facts.lower = 0 - supremum([this](double x) { return -value(x); });  // 0 - 0 is 0, -0 would not be
    facts.upper = supremum([this](double x) { return value(x); });
    const auto steepness = [this](double x) { return std::abs(slope(x)); };
    facts.sup_slope = supremum(steepness);
    facts.flat_threshold = 0.05 * (std::isfinite(facts.sup_slope) ? facts.sup_slope : supremum_on(steepness, -3, 3));
    facts.monotone = monotone(std::isfinite(facts.sup_slope) ? facts.sup_slope : 1);
    const bool left = flat_towards(-kInfinity), right = flat_towards(kInfinity);
    facts.saturates = left && right ? Saturates::kBoth : left ? Saturates::kLeft : right ? Saturates::kRight : Saturates::kNone;
    return facts;
  }

 private:
  using Function = std::function<double(double)>;

  /// Whether f' tends to 0 at an end where f is a number.
  bool flat_towards(double infinity) const { return slope(infinity) == 0 && !std::isnan(value(std::copysign(0x1p40, infinity))); }

  /// The largest value on the grid points of [from, to] and around the best of them on all of it and on [-64, 64]; infinite where that
  /// climbs without end (a pole), NaN where f is a number nowhere.
  double supremum_on(const Function& f, double from, double to) const {
    const auto& points = grid();
    double best = -kInfinity, best_near = -kInfinity;
    std::size_t where = 0, where_near = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (points[i] < from || points[i] > to) continue;
      const double y = f(points[i]);
      if (y > best) best = y, where = i;
      if (y > best_near && std::abs(points[i]) <= 64) best_near = y, where_near = i;
    }
    if (best == -kInfinity && std::isnan(f(0.5)) && std::isnan(f(-0.5))) return std::numeric_limits<double>::quiet_NaN();
    const double refined = std::max(climb(f, where, from, to), where_near == where ? -kInfinity : climb(f, where_near, from, to));
    if (!(refined > best)) return best;
    return std::abs(refined) < kVanished * std::abs(best) ? 0 : refined;
  }

  /// The largest value that ever smaller steps find between the neighbours of a grid point; infinite at a pole, -infinite at the grid's
  /// ends.
  double climb(const Function& f, std::size_t where, double from, double to) const {
    const auto& points = grid();
    if (where == 0 || where + 1 >= points.size()) return -kInfinity;
    const double a = std::max(from, points[where - 1]), b = std::min(to, points[where + 1]), on_grid = f(points[where]);
    double top = points[where], best = on_grid, step = (b - a) / 4;
    for (int round = 0; round < 140; ++round) {
      bool moved = false;
      for (const double x : {top - step, top + step}) {
        if (x < a || x > b || !(f(x) > best)) continue;
        best = f(x), top = x, moved = true;
        break;
      }
      if (!moved) step /= 2;
    }
    // Beside a smooth top the next numbers have nearly its value, beside a pole not.
    constexpr double kPole = 1e3;  // times what the grid shows
    const double left = std::min(top - step, std::nextafter(top, -kInfinity)), right = std::max(top + step, std::nextafter(top, kInfinity));
    return best > kPole * std::max(1.0, std::abs(on_grid)) && !(std::min(f(left), f(right)) > 0.99 * best) ? kInfinity : best;
  }

  double supremum(const Function& f) const {
    double best = supremum_on(f, -kInfinity, kInfinity);
    for (const double end : {-kInfinity, kInfinity}) {
      const double limit = f(end);
      if (!std::isnan(limit))
        best = std::max(best, limit);
      else if (outgrows(f, best, end))
        return kInfinity;
    }
    return best == 0 ? 0 : best;  // not -0
  }

  /// Whether f, which has no limit at `end`, swings ever higher on the way there, as x sin(x) does: beyond `best`, then beyond that, and so
  /// on. A swing of a bounded function has long been seen at such distances.
  static bool outgrows(const Function& f, double best, double end) {
    constexpr int kFrom = 40, kTo = 100, kStage = 20, kPointsPerOctave = 8;
    constexpr double kMore = 0.03;  // log(x) grows by a quarter from stage to stage
    for (int stage = kFrom; stage < kTo; stage += kStage) {
      double most = -kInfinity;
      for (int i = 1; i <= kStage * kPointsPerOctave; ++i) {
        const double y = f(std::copysign(std::exp2(stage + static_cast<double>(i) / kPointsPerOctave), end));
        if (y > most) most = y;
      }
      if (!(most > best + kMore * std::abs(best))) return false;
      best = most;
    }
    return true;
  }

  bool monotone(double scale) const {
    bool up = false, down = false;
    double before = std::numeric_limits<double>::quiet_NaN();
    for (const double x : grid()) {
      const double d = slope(x), y = value(x);
      // Values tell of jumps (1 / x falls everywhere and is not monotone), slopes of hills that fit between two points.
      const double rounding = std::isfinite(before) ? 1e-12 * (1 + std::abs(before)) : 0;
      up = up || d > 1e-12 * scale || y > before + rounding;
      down = down || d < -1e-12 * scale || y < before - rounding;
      before = y;
    }
    return !(up && down);
  }

  /// All results at x, for decision().
  void run(double x, std::vector<double>& r) const {
    for (std::size_t i = 0; i < program_.code.size(); ++i) {
      const Instruction& s = program_.code[i];
      if (s.op == Op::kConstant)
        r[i] = s.value;
      else if (s.op == Op::kX)
        r[i] = x;
      else if (s.op == Op::kParameter)
        r[i] = parameters_[s.a];
      else
        r[i] = operate(s.op, r[s.a], r[s.b], r[s.c]);
    }
  }

  /// Points where a comparison, min, max, abs, sign or floor switches and f or f' jumps. Beyond [-64, 64], where the grid is coarse, only a
  /// few: what switches more often there does so again and again.
  std::vector<double> kinks() const {
    std::vector<double> found, far;
    std::vector<double> before(program_.code.size()), after(program_.code.size());
    const auto& points = grid();
    for (std::size_t i = 1; i < points.size() && found.size() < kMostKinks; ++i) {
      std::vector<double>& here = points[i] <= -64 || points[i - 1] >= 64 ? far : found;
      run(points[i - 1], before);
      run(points[i], after);
      for (std::size_t k = 0; k < program_.code.size(); ++k) {
        const Instruction& s = program_.code[k];
        if (decides(s.op) && switches(s, decision(s, before), decision(s, after))) here.push_back(locate(k, points[i - 1], points[i]));
      }
    }
    if (far.size() <= kMostFar) found.insert(found.end(), far.begin(), far.end());
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end(), [](double a, double b) { return b - a < 1e-9 * (1 + std::abs(a)); }), found.end());
    std::erase_if(found, [this](double x) { return !jumps(x); });
    return found;
  }

  static bool switches(const Instruction& s, double a, double b) {
    if (s.op == Op::kFloor) return a != b;
    return (a < 0) != (b < 0) || (a > 0) != (b > 0);
  }

  double locate(std::size_t k, double a, double b) const {
    std::vector<double> r(program_.code.size());
    const Instruction& s = program_.code[k];
    run(a, r);
    const double at_a = decision(s, r);
    for (int step = 0; step < 100; ++step) {
      const double middle = a + (b - a) / 2;
      run(middle, r);
      (switches(s, at_a, decision(s, r)) ? b : a) = middle;
    }
    // Bisection ends beside the point; the grid's or a short decimal is the point itself.
    for (const double candidate : {a, b, std::round(b * 1e6) / 1e6}) {
      run(candidate, r);
      if (s.op != Op::kFloor && decision(s, r) == 0 && std::abs(candidate - b) < 1e-9 * (1 + std::abs(b)))
        return candidate == 0 ? 0 : candidate;
    }
    return b;
  }

  bool jumps(double x) const {
    const double h = 1e-7 * (1 + std::abs(x));
    const auto differ = [](double a, double b) { return std::abs(a - b) > 1e-4 * (1e-2 + std::max(std::abs(a), std::abs(b))); };
    return differ(slope(x - h), slope(x + h)) || differ(value(x - h), value(x + h));
  }

  static constexpr std::size_t kMostKinks = 300, kMostFar = 8;
  static constexpr double kVanished = 1e-15;  // what is left of a bound that is 0 after the search for it
  const Program& program_;
  std::span<const double> parameters_;
};

}  // namespace

Facts compute_facts(const Program& program, std::span<const double> parameters) { return Analysis(program, parameters).facts(); }

}  // namespace rectify
