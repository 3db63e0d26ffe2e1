#include "rectify/activation/fused_kernels.h"

#include "rectify/base/random.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/fused_kernels.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/activation/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

HWY_FLATTEN void add_bias(const float* x, const float* bias, float* y, Extent extent) {
  for (size_t row = 0; row < extent.rows; ++row, x += extent.cols, y += extent.cols) {
    each_vector(extent.cols, [=](auto part, size_t c) HWY_ATTR {
      const Floats d;
      part.store(hn::Add(part.load(d, x + c), part.load(d, bias + c)), d, y + c);
    });
  }
}

HWY_FLATTEN void add_rows(const float* values, float* sums, Extent extent) {
  each_vector(extent.cols, [=](auto part, size_t c) HWY_ATTR {
    const Floats d;
    auto sum = part.load(d, sums + c);
    for (size_t row = 0; row < extent.rows; ++row) sum = hn::Add(sum, part.load(d, values + row * extent.cols + c));
    part.store(sum, d, sums + c);
  });
}

using Words = hn::RebindToUnsigned<Floats>;
using WordVector = hn::Vec<Words>;

/// The four words of each of Lanes(Words()) counters: lane 2 i is counter `even` + i, lane 2 i + 1 is counter `even` + 8 + i.
struct Random4 {
  WordVector words[4];
};

#if HWY_TARGET == HWY_SCALAR
/// One lane: that of counter `even`.
HWY_INLINE Random4 random_words(const DropoutRule& rule, std::uint64_t even) {
  const auto words = philox(rule.seed, rule.stream, even);
  return {{hn::Set(Words(), words[0]), hn::Set(Words(), words[1]), hn::Set(Words(), words[2]), hn::Set(Words(), words[3])}};
}

HWY_INLINE std::uint64_t even_counter(size_t lane) { return lane / 2 + 8 * (lane % 2); }
#else
/// philox() with one counter in each 64-bit lane. Words are the lower halves of lanes, whose upper halves are not kept clear: a
/// multiplication does not read them.
class Philox {
  using D = hn::Repartition<std::uint64_t, Words>;
  using V = hn::Vec<D>;

 public:
  explicit HWY_INLINE Philox(const DropoutRule& rule, V counter)
      : x0_(counter), x1_(hn::ShiftRight<32>(counter)), x2_(hn::Set(D(), rule.stream)), x3_(hn::Set(D(), rule.stream >> 32)) {}

  HWY_INLINE void round(std::uint32_t key0, std::uint32_t key1) {
    const V a = multiply(x0_, 0xD2511F53), b = multiply(x2_, 0xCD9E8D57);
    x0_ = hn::Xor(hn::Xor(upper(b), x1_), hn::Set(D(), key0));
    x2_ = hn::Xor(hn::Xor(upper(a), x3_), hn::Set(D(), key1));
    x1_ = b;
    x3_ = a;
  }

  HWY_INLINE V word(int i) const { return i == 0 ? x0_ : i == 1 ? x1_ : i == 2 ? x2_ : x3_; }

 private:
  static HWY_INLINE V multiply(V a, std::uint32_t factor) { return hn::MulEven(hn::BitCast(Words(), a), hn::Set(Words(), factor)); }
  // A shuffle, since shifts would wait for the multiplier's port.
  static HWY_INLINE V upper(V v) { return hn::BitCast(D(), hn::Shuffle2301(hn::BitCast(Words(), v))); }

  V x0_, x1_, x2_, x3_;
};

HWY_INLINE Random4 random_words(const DropoutRule& rule, std::uint64_t even) {
  const hn::Repartition<std::uint64_t, Words> d;
  const auto counter = hn::Add(hn::Set(d, even), hn::Iota(d, 0));
  Philox evens(rule, counter), odds(rule, hn::Add(counter, hn::Set(d, 8)));
  auto key0 = static_cast<std::uint32_t>(rule.seed), key1 = static_cast<std::uint32_t>(rule.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    evens.round(key0, key1);
    odds.round(key0, key1);
    key0 += 0x9E3779B9;  // philox()'s constants; those of multiplication are above
    key1 += 0xBB67AE85;
  }
  Random4 random;
  for (int i = 0; i < 4; ++i) {
    random.words[i] = hn::OddEven(hn::BitCast(Words(), hn::ShiftLeft<32>(odds.word(i))), hn::BitCast(Words(), evens.word(i)));
  }
  return random;
}

HWY_INLINE std::uint64_t even_counter(size_t lane) { return lane / 2; }
#endif

HWY_FLATTEN void drop(const DropoutRule& rule, const float* x, float* y, size_t groups, std::uint64_t first) {
  constexpr size_t kLanes = 16, kWords = 4;
  const Floats d;
  const hn::RebindToSigned<Floats> di;
  const auto limit = hn::Set(di, static_cast<std::int32_t>(rule.limit)), low = hn::Set(di, 0xffff);
  const auto scale = hn::Set(d, rule.scale);
  for (size_t group = 0; group < groups; ++group, x += kDropoutGroup, y += kDropoutGroup) {
    for (size_t lane = 0; lane < kLanes; lane += hn::Lanes(d)) {
      const Random4 random = random_words(rule, 16 * (first + group) + even_counter(lane));
      for (size_t word = 0; word < kWords; ++word) {
        const auto bits = hn::BitCast(di, random.words[word]);
        const auto upper = hn::BitCast(di, hn::ShiftRight<16>(random.words[word]));
        const auto apply = [&](auto sixteen_bits, size_t i) HWY_ATTR {
          const auto kept = hn::RebindMask(d, hn::Lt(sixteen_bits, limit));
          hn::StoreU(hn::IfThenElseZero(kept, hn::Mul(hn::LoadU(d, x + i), scale)), d, y + i);
        };
        apply(hn::And(bits, low), word * kLanes + lane);
        apply(upper, (kWords + word) * kLanes + lane);
      }
    }
  }
}

const FusedKernels& fused_kernels_of_target() {
  static constexpr FusedKernels kTable{add_bias, add_rows, drop};
  return kTable;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(fused_kernels_of_target);
const FusedKernels& fused_kernels() { return RECTIFY_DISPATCH(fused_kernels_of_target)(); }

}  // namespace rectify
#endif
