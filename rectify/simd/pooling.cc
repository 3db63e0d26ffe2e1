#include "rectify/simd/pooling.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/simd/pooling.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "rectify/simd/target.h"
#include "rectify/simd/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The part of a window that lies in the image, in the image's coordinates, and where the whole window begins.
struct Window {
  std::int64_t top, left, top_end, left_end, origin_y, origin_x;
};

/// Calls body(output position, window) for every window of one image.
template <class Body>
HWY_INLINE void for_each_window(const PoolSize& s, const Body& body) {
  std::int64_t position = 0;
  for (std::int64_t oy = 0; oy < s.output_height(); ++oy) {
    for (std::int64_t ox = 0; ox < s.output_width(); ++ox, ++position) {
      const std::int64_t y = oy * s.stride - s.padding, x = ox * s.stride - s.padding;
      body(position, Window{std::max<std::int64_t>(y, 0), std::max<std::int64_t>(x, 0), std::min(y + s.kernel_height, s.height),
                            std::min(x + s.kernel_width, s.width), y, x});
    }
  }
}

/// Calls body(offset of a position's channels in the image, the position's number in the window).
template <class Body>
HWY_INLINE void for_each_position(const PoolSize& s, const Window& w, const Body& body) {
  constexpr std::int64_t kUsual = 2;
  if (s.kernel_height == kUsual && s.kernel_width == kUsual && w.top_end - w.top == kUsual && w.left_end - w.left == kUsual) {
    const std::int64_t first = (w.top * s.width + w.left) * s.channels, below = first + s.width * s.channels;
    body(first, 0);
    body(first + s.channels, 1);
    body(below, 2);
    body(below + s.channels, 3);
    return;
  }
  for (std::int64_t y = w.top; y < w.top_end; ++y) {
    for (std::int64_t x = w.left; x < w.left_end; ++x) {
      body((y * s.width + x) * s.channels, (y - w.origin_y) * s.kernel_width + x - w.origin_x);
    }
  }
}

/// Asks for the memory of the next row of windows: an image's rows are too short for the processor to see where it goes.
HWY_INLINE void prefetch_next(const PoolSize& s, const float* at) { hwy::Prefetch(at + s.stride * s.width * s.channels); }

/// Whether every position lies in exactly one window.
bool tiles(const PoolSize& s) {
  return s.padding == 0 && s.kernel_height == s.stride && s.kernel_width == s.stride && s.height % s.stride == 0 && s.width % s.stride == 0;
}

enum class Of { kValues, kRelu, kFunction };

/// `inputs` and `chosen_inputs` are those of a function that gave x.
template <Of kOf>
HWY_INLINE void max_over(const PoolSize& s, const float* x, float* y, std::uint8_t* chosen, const float* inputs, float* chosen_inputs) {
  const std::int64_t in = s.height * s.width * s.channels, out = s.output_height() * s.output_width() * s.channels;
  for (std::int64_t image = 0; image < s.images; ++image) {
    for_each_window(s, [&](std::int64_t position, const Window& w) {
      const std::int64_t first = (w.top * s.width + w.left) * s.channels;
      const auto first_index = static_cast<std::int32_t>((w.top - w.origin_y) * s.kernel_width + w.left - w.origin_x);
      for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
        const hn::RebindToSigned<decltype(d)> di;
        const auto none = hn::Zero(d);
        auto best = hn::LoadU(d, x + first + c);
        auto index = hn::Set(di, first_index);
        auto input = none;
        if constexpr (kOf == Of::kFunction) input = hn::LoadU(d, inputs + first + c);
        // What is larger than a value of ReLU is one.
        if constexpr (kOf == Of::kRelu) best = rectified(d, best);
        for_each_position(s, w, [&](std::int64_t at, std::int64_t number) HWY_ATTR {
          prefetch_next(s, x + at + c);
          const auto next = hn::LoadU(d, x + at + c);
          const auto take = takes_over(next, best);
          best = hn::IfThenElse(take, next, best);
          index = hn::IfThenElse(hn::RebindMask(di, take), hn::Set(di, static_cast<std::int32_t>(number)), index);
          if constexpr (kOf == Of::kFunction) input = hn::IfThenElse(take, hn::LoadU(d, inputs + at + c), input);
        });
        if constexpr (kOf == Of::kRelu) {
          index = hn::IfThenElse(hn::RebindMask(di, hn::Gt(best, none)), index, hn::Set(di, std::int32_t{kNoPosition}));
        }
        const hn::Rebind<std::uint8_t, decltype(d)> d8;
        hn::StoreU(best, d, y + position * s.channels + c);
        hn::StoreU(hn::DemoteTo(d8, index), d8, chosen + position * s.channels + c);
        if constexpr (kOf == Of::kFunction) hn::StoreU(input, d, chosen_inputs + position * s.channels + c);
      });
    });
    x += in, y += out, chosen += out;
    if constexpr (kOf == Of::kFunction) inputs += in, chosen_inputs += out;
  }
}

template <Of kOf>
void max_of(const PoolSize& s, const float* x, float* y, std::uint8_t* chosen) {
  max_over<kOf>(s, x, y, chosen, nullptr, nullptr);
}

void max_of_function(const PoolSize& s, const float* x, const float* f_of_x, float* y, std::uint8_t* chosen, float* chosen_inputs) {
  max_over<Of::kFunction>(s, f_of_x, y, chosen, x, chosen_inputs);
}

/// kOnce: every position lies in exactly one window.
template <bool kOnce>
void scatter_max(const PoolSize& s, const float* dy, const std::uint8_t* chosen, float* dx) {
  const std::int64_t in = s.height * s.width * s.channels, out = s.output_height() * s.output_width() * s.channels;
  if (!kOnce) std::fill_n(dx, s.images * in, 0.0f);
  for (std::int64_t image = 0; image < s.images; ++image, dx += in, dy += out, chosen += out) {
    for_each_window(s, [&](std::int64_t position, const Window& w) {
      for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
        const hn::RebindToSigned<decltype(d)> di;
        const hn::Rebind<std::uint8_t, decltype(d)> d8;
        const auto gradient = hn::LoadU(d, dy + position * s.channels + c);
        const auto index = hn::PromoteTo(di, hn::LoadU(d8, chosen + position * s.channels + c));
        for_each_position(s, w, [&](std::int64_t at, std::int64_t number) HWY_ATTR {
          prefetch_next(s, dx + at + c);
          const auto mine = hn::RebindMask(d, hn::Eq(index, hn::Set(di, static_cast<std::int32_t>(number))));
          const auto share = hn::IfThenElseZero(mine, gradient);
          hn::StoreU(kOnce ? share : hn::Add(share, hn::LoadU(d, dx + at + c)), d, dx + at + c);
        });
      });
    });
  }
}

void max_backward(const PoolSize& s, const float* dy, const std::uint8_t* chosen, float* dx) {
  if (tiles(s)) return scatter_max<true>(s, dy, chosen, dx);
  scatter_max<false>(s, dy, chosen, dx);
}

void average(const PoolSize& s, const float* x, float* y) {
  const std::int64_t in = s.height * s.width * s.channels, out = s.output_height() * s.output_width() * s.channels;
  const float share = 1.0f / static_cast<float>(s.kernel_height * s.kernel_width);
  for (std::int64_t image = 0; image < s.images; ++image, x += in, y += out) {
    for_each_window(s, [&](std::int64_t position, const Window& w) {
      for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for_each_position(s, w, [&](std::int64_t at, std::int64_t) HWY_ATTR { sum = hn::Add(sum, hn::LoadU(d, x + at + c)); });
        hn::StoreU(hn::Mul(sum, hn::Set(d, share)), d, y + position * s.channels + c);
      });
    });
  }
}

void average_backward(const PoolSize& s, const float* dy, float* dx) {
  const std::int64_t in = s.height * s.width * s.channels, out = s.output_height() * s.output_width() * s.channels;
  const float part = 1.0f / static_cast<float>(s.kernel_height * s.kernel_width);
  const bool once = tiles(s);
  if (!once) std::fill_n(dx, s.images * in, 0.0f);
  for (std::int64_t image = 0; image < s.images; ++image, dx += in, dy += out) {
    for_each_window(s, [&](std::int64_t position, const Window& w) {
      for_each_vector(s.channels, [&](auto d, std::int64_t c) HWY_ATTR {
        const auto share = hn::Mul(hn::LoadU(d, dy + position * s.channels + c), hn::Set(d, part));
        for_each_position(s, w, [&](std::int64_t at, std::int64_t) HWY_ATTR {
          hn::StoreU(once ? share : hn::Add(share, hn::LoadU(d, dx + at + c)), d, dx + at + c);
        });
      });
    });
  }
}

const PoolKernels& pool_kernels_of_target() {
  static constexpr PoolKernels kTable{max_of<Of::kValues>, max_of<Of::kRelu>, max_of_function, max_backward, average, average_backward};
  return kTable;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(pool_kernels_of_target);
const PoolKernels& pool_kernels() { return RECTIFY_DISPATCH(pool_kernels_of_target)(); }

}  // namespace rectify
#endif
