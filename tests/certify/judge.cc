#include "judge.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <utility>

#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/certify/judge.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#ifndef RECTIFY_JUDGE
#define RECTIFY_JUDGE
namespace rectify::certify {

inline constexpr std::size_t kBlock = 256;
inline constexpr double kSmallestNormal = 0x1p-126;
// Half a unit beyond the largest float: rounds to infinity.
inline constexpr double kOverflow = 0x1.ffffffp127;
// Of a double's bits: those of the exponent, and what taking 23 from the exponent or from a reciprocal's takes from them.
inline constexpr std::uint64_t kExponent = 0x7ff0000000000000, kMantissa = std::uint64_t{23} << 52, kReciprocal = std::uint64_t{2046} << 52;

/// What is seen of kBlock results.
struct Block {
  double ulp_sum;
  std::int64_t normal;
  double most_ulp, most_subnormal, most_absolute, most_near_root, most_share;
  bool special;  ///< something in it is not finite or a zero of the wrong sign: the rest means nothing
};
using BlockLoop = Block (*)(const float* x, const double* want, const float* got, const Limits& limits);

}  // namespace rectify::certify
#endif

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using certify::Block;
using certify::kBlock;
using certify::Limits;

Block judge_block(const float* x, const double* want, const float* got, const Limits& limits) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> floats;
  const hn::RebindToUnsigned<decltype(d)> bits;
  using V = hn::Vec<decltype(d)>;
  const auto set = [&](double value) HWY_ATTR { return hn::Set(d, value); };

  const V zero = hn::Zero(d), one = set(1);
  const V per_limit = set(1 / limits.ulp), per_subnormal_limit = set(1 / limits.subnormal);
  const bool absolute = limits.absolute > 0, other_limits = absolute || !limits.roots.empty();
  V sum = zero, normal = zero, ulp = zero, subnormal = zero, in_size = zero, near_root = zero, share = zero;
  auto fine = hn::Eq(zero, zero);
  for (std::size_t i = 0; i < kBlock; i += hn::Lanes(d)) {
    const V at = hn::PromoteTo(d, hn::LoadU(floats, x + i)), w = hn::LoadU(d, want + i);
    const V g = hn::PromoteTo(d, hn::LoadU(floats, got + i));
    const V size_of_w = hn::Abs(w), error = hn::Abs(hn::Sub(g, w)), size = hn::Max(hn::Abs(at), one);
    // A unit in the last place is a power of 2, and so is its reciprocal.
    const auto exponent = hn::And(hn::BitCast(bits, hn::Max(size_of_w, set(certify::kSmallestNormal))), hn::Set(bits, certify::kExponent));
    const auto unit = hn::Sub(exponent, hn::Set(bits, certify::kMantissa));
    const V in_units = hn::Mul(error, hn::BitCast(d, hn::Sub(hn::Set(bits, certify::kReciprocal), unit)));

    const auto is_small = hn::Lt(size_of_w, set(certify::kSmallestNormal));
    auto is_near = hn::Lt(one, zero);
    for (const double root : limits.roots) is_near = hn::Or(is_near, hn::Le(hn::Abs(hn::Sub(at, set(root))), set(certify::kRootReach)));
    const V away = hn::IfThenZeroElse(is_near, in_units), as_ulp = hn::IfThenZeroElse(is_small, away);
    sum = hn::Add(sum, as_ulp);
    normal = hn::Add(normal, hn::IfThenZeroElse(hn::Or(is_small, is_near), one));
    ulp = hn::Max(ulp, as_ulp);
    subnormal = hn::Max(subnormal, hn::IfThenElseZero(is_small, away));
    V as_share = hn::Mul(in_units, hn::IfThenElse(is_small, per_subnormal_limit, per_limit));
    if (other_limits) {
      near_root = hn::Max(near_root, hn::IfThenElseZero(is_near, error));
      if (absolute) in_size = hn::Max(in_size, hn::Div(error, size));
      const V other = hn::IfThenElse(is_near, set(limits.near_root), hn::Mul(size, set(limits.absolute)));
      as_share = hn::Min(as_share, hn::Div(error, hn::Max(other, set(0x1p-1000))));
    }
    share = hn::Max(share, as_share);

    fine = hn::And(fine,
                   hn::And(hn::Lt(hn::Abs(g), set(std::numeric_limits<double>::infinity())), hn::Lt(size_of_w, set(certify::kOverflow))));
    if (limits.signed_zeros) {
      fine = hn::And(fine, hn::Or(hn::Ne(g, zero), hn::Gt(hn::CopySign(one, hn::Xor(g, w)), zero)));
    }
  }
  const auto most = [&](V v) HWY_ATTR { return hn::GetLane(hn::MaxOfLanes(d, v)); };
  return {hn::GetLane(hn::SumOfLanes(d, sum)),
          static_cast<std::int64_t>(hn::GetLane(hn::SumOfLanes(d, normal))),
          most(ulp),
          most(subnormal),
          most(in_size),
          most(near_root),
          most(share),
          !hn::AllTrue(d, fine)};
}

certify::BlockLoop block_loop() { return judge_block; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(block_loop);

namespace certify {
namespace {

/// The unit in the last place of the float nearest `want`, at least that of subnormals.
double unit_of(double want) {
  const auto size = std::bit_cast<std::uint64_t>(std::max(std::abs(want), kSmallestNormal));
  return std::bit_cast<double>((size & kExponent) - kMantissa);
}

void note_wrong(Measure& m, float x) {
  if (m.wrong++ == 0) m.first_wrong = x;
}

/// What judge_block() does, for one result that may be anything.
void judge_one(float x, double want, float got, const Limits& limits, Measure& m) {
  if (std::isnan(want) && std::isfinite(x)) {
    ++m.unjudged;
    return;
  }
  if (std::isnan(want) || std::isnan(got)) {
    if (!std::isnan(want) || !std::isnan(got)) note_wrong(m, x);
    return;
  }
  const bool overflows = std::abs(want) >= kOverflow;
  if (overflows || std::isinf(got)) {
    if (!overflows || !std::isinf(got) || std::signbit(got) != std::signbit(want)) note_wrong(m, x);
    return;
  }
  if (limits.signed_zeros && got == 0 && std::signbit(got) != std::signbit(want)) note_wrong(m, x);
  const double unit = unit_of(want), error = std::abs(got - want), size = std::max(1.0, std::abs(double{x}));
  const bool is_small = std::abs(want) < kSmallestNormal;
  const bool is_near = std::any_of(limits.roots.begin(), limits.roots.end(), [&](double root) { return std::abs(x - root) <= kRootReach; });
  const double allowed = std::max((is_small ? limits.subnormal : limits.ulp) * unit, is_near ? limits.near_root : limits.absolute * size);
  if (is_near) {
    m.near_root.take(error, x);
  } else if (is_small) {
    m.subnormal.take(error / unit, x);
  } else {
    ++m.normal;
    m.ulp_sum += error / unit;
    m.ulp.take(error / unit, x);
  }
  if (limits.absolute > 0) m.absolute.take(error / size, x);
  m.share.take(error / allowed, x);
}

}  // namespace

void Measure::merge(const Measure& other) {
  if (wrong == 0) first_wrong = other.first_wrong;
  normal += other.normal;
  ulp_sum += other.ulp_sum;
  ulp.take(other.ulp.error, other.ulp.x);
  subnormal.take(other.subnormal.error, other.subnormal.x);
  absolute.take(other.absolute.error, other.absolute.x);
  near_root.take(other.near_root.error, other.near_root.x);
  share.take(other.share.error, other.share.x);
  wrong += other.wrong;
  unjudged += other.unjudged;
  digest += other.digest;
}

Judge::Judge(Limits limits) : limits_(std::move(limits)), loop_(RECTIFY_DISPATCH(block_loop)()) {}

void Judge::look_at(const float* x, const double* want, const float* got, std::size_t n, Measure& measure) const {
  const auto one_by_one = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) judge_one(x[i], want[i], got[i], limits_, measure);
  };
  std::size_t begin = 0;
  for (; begin + kBlock <= n; begin += kBlock) {
    const Block b = loop_(x + begin, want + begin, got + begin, limits_);
    // Only a block that has something new is looked at closely.
    const bool worse = b.most_ulp > measure.ulp.error || b.most_subnormal > measure.subnormal.error ||
                       b.most_absolute > measure.absolute.error || b.most_near_root > measure.near_root.error ||
                       b.most_share > measure.share.error;
    if (b.special || worse) {
      one_by_one(begin, begin + kBlock);
    } else {
      measure.normal += b.normal;
      measure.ulp_sum += b.ulp_sum;
    }
  }
  one_by_one(begin, n);
}

}  // namespace certify
}  // namespace rectify
#endif
