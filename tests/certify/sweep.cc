#include "sweep.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <ctime>

#include "digest.h"
#include "rectify/base/random.h"
#include "rectify/base/threads.h"

namespace rectify::certify {
namespace {

constexpr std::uint64_t kFloats = std::uint64_t{1} << 32;
constexpr std::size_t kDirections = 2;
constexpr std::size_t kChunk = std::size_t{1} << 19, kPart = std::size_t{1} << 15;

constexpr float kSpecial[] = {0.0f,          -0.0f,   INFINITY, -INFINITY, NAN,      -NAN, FLT_TRUE_MIN,
                              -FLT_TRUE_MIN, FLT_MIN, -FLT_MIN, FLT_MAX,   -FLT_MAX, 1.0f, -1.0f};

/// Processor time of the calling thread, which other programs on the machine do not lengthen.
double thread_seconds() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

}  // namespace

std::uint64_t Patterns::count() const { return kFloats / step_ + (step_ == 1 ? 0 : std::size(kSpecial)); }

void Patterns::fill(std::uint64_t begin, std::size_t n, float* x) const {
  if (step_ == 1) {
    for (std::size_t i = 0; i < n; ++i) x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(begin + i));
    return;
  }
  constexpr std::uint64_t kSeed = 1, kStream = 0;
  std::array<std::uint32_t, 4> random{};
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t number = begin + i, first = number * step_;
    if (first >= kFloats) {
      x[i] = kSpecial[number - kFloats / step_];
      continue;
    }
    if (i == 0 || number % random.size() == 0) random = philox(kSeed, kStream, number / random.size());
    x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(first) + (random[number % random.size()] & (step_ - 1)));
  }
}

std::vector<double> parameters_of(const Activation& activation) {
  std::vector<double> values;
  for (const FormulaParameter& p : activation.parameters()) values.push_back(static_cast<float>(p.value));
  return values;
}

Sweep::Sweep(std::string_view name, int threads, std::span<const std::string> on) : threads_(threads), x_(kChunk), ones_(kChunk, 1.0f) {
  for (const std::string& target : on) {
    const ScopedTarget scope(target);
    activations_.emplace(target, Activation(name));
    findings_[target];
    results_.push_back({std::vector<float>(kChunk), std::vector<float>(kChunk)});
  }
  const ScopedTarget best("best");
  const Activation& activation = activations_.at(on.front());
  for (const Direction direction : {Direction::kForward, Direction::kGradient}) {
    judges_.emplace_back(limits_of(activation, direction));
    want_[static_cast<int>(direction)].resize(kChunk);
  }
  const std::array<int, 2> outputs{0, 1};
  for (int t = 0; t < threads; ++t) {
    references_.push_back(std::make_unique<Reference>(activation.program(), parameters_of(activation), outputs));
  }
}

std::int64_t Sweep::from_polynomials() const {
  std::int64_t sum = 0;
  for (const auto& reference : references_) sum += reference->from_polynomials();
  return sum;
}

std::int64_t Sweep::from_mpfr() const {
  std::int64_t sum = 0;
  for (const auto& reference : references_) sum += reference->from_mpfr();
  return sum;
}

template <class Job>
void Sweep::in_parts(std::size_t n, const Job& job) {
  const int parts = static_cast<int>((n + kPart - 1) / kPart);
  run_jobs(parts, threads_, [&](int part) {
    const std::size_t first = part * kPart;
    job(part, first, std::min(kPart, n - first));
  });
}

void Sweep::run(const Patterns& patterns, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t at = begin; at < end; at += kChunk) {
    run_chunk(patterns, at, static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, end - at)));
  }
}

void Sweep::run_chunk(const Patterns& patterns, std::uint64_t begin, std::size_t n) {
  in_parts(n, [&](int, std::size_t first, std::size_t count) {
    patterns.fill(begin + first, count, x_.data() + first);
    std::unique_ptr<Reference> reference;
    {
      const std::lock_guard lock(mutex_);
      reference = std::move(references_.back());
      references_.pop_back();
    }
    const double start = thread_seconds();
    const std::array<double*, 2> want{want_[0].data() + first, want_[1].data() + first};
    reference->run(std::span(x_).subspan(first, count), want, patterns.step() == 1 ? Spacing::kEveryFloat : Spacing::kScattered);
    const std::lock_guard lock(mutex_);
    reference_seconds_ += thread_seconds() - start;
    references_.push_back(std::move(reference));
  });
  compute(n);
  judge(begin, n);
}

void Sweep::compute(std::size_t n) {
  auto to = results_.begin();
  for (const auto& [target, activation] : activations_) {
    const ScopedTarget scope(target);
    in_parts(n, [&, &one = activation](int, std::size_t first, std::size_t count) {
      one.forward(x_.data() + first, (*to)[0].data() + first, count);
      one.grad_from_input(x_.data() + first, ones_.data() + first, (*to)[1].data() + first, count);
    });
    ++to;
  }
}

/// Targets mostly agree to the bit, and what is said of one's results is then said of the other's.
void Sweep::judge(std::uint64_t begin, std::size_t n) {
  std::vector<std::vector<Measures>> seen((n + kPart - 1) / kPart, std::vector<Measures>(results_.size()));
  in_parts(n, [&](int part, std::size_t first, std::size_t count) {
    for (std::size_t t = 0; t < results_.size(); ++t) {
      for (std::size_t k = 0; k < kDirections; ++k) {
        const auto from = [&](std::size_t target) { return results_[target][k].data() + first; };
        std::size_t same = 0;
        while (same < t && std::memcmp(from(same), from(t), count * sizeof(float)) != 0) ++same;
        if (same == t) {
          judges_[k].look_at(x_.data() + first, want_[k].data() + first, from(t), count, seen[part][t][k]);
          seen[part][t][k].digest = digest(begin + first, from(t), count);
        } else {
          seen[part][t][k] = seen[part][same][k];
        }
      }
    }
  });
  for (const std::vector<Measures>& part : seen) {
    auto of = part.begin();
    for (auto& [target, total] : findings_) {
      for (std::size_t k = 0; k < kDirections; ++k) total[k].merge((*of)[k]);
      ++of;
    }
  }
}

}  // namespace rectify::certify
