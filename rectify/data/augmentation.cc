#include "rectify/data/augmentation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/base/settings.h"
#include "rectify/base/threads.h"

namespace rectify {
namespace {

constexpr const char *kWho = "augment", *kExample = "flip,shift=2";
constexpr std::uint64_t kEpochStreams = 0x6175676dull << 32;  // one stream an epoch, none of which another user of the same seed draws from
constexpr int kUsualShift = 2, kMostShift = 1000;
constexpr std::int64_t kImagesWorthAThread = 16;

int shift_of(const Setting& setting) {
  if (!setting.value) return kUsualShift;
  const double pixels = number_of(kWho, setting, 1, kMostShift + 1, kUsualShift);
  if (pixels != std::floor(pixels)) fail(kWho, fmt::format("shift={} is no whole number of pixels: write shift={}", pixels, kUsualShift));
  return static_cast<int>(pixels);
}

/// [channels, height, width] of samples that are images.
std::array<std::int64_t, 3> extents_of(const Dataset& data) {
  const auto& shape = data.sample_shape;
  if (shape.size() == 3) return {shape[0], shape[1], shape[2]};
  if (shape.size() == 2) return {1, shape[0], shape[1]};
  fail(kWho, fmt::format("{} has no images, its samples have the shape [{}]: write --augment none", data.name, fmt::join(shape, ", ")));
}

/// A distance from -most to most.
std::int64_t distance(std::uint32_t bits, int most) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(bits) * (2u * static_cast<unsigned>(most) + 1) >> 32) - most;
}

}  // namespace

Augmentation Augmentation::parse(std::string_view text) {
  Augmentation augmentation;
  if (text == "none") return augmentation;
  const std::string list = "," + std::string(text);
  const std::vector<std::string> names{"flip", "shift", "none"};
  for (const Setting& setting : split_settings(kWho, list).settings) {
    if (setting.key == "shift") {
      augmentation.shift = shift_of(setting);
    } else if (setting.key == "none") {
      fail(kWho, fmt::format("none stands alone, got \"{}\": write none or {}", text, kExample));
    } else if (setting.key != "flip") {
      unknown_name(kWho, "augmentation", setting.key, names, kExample);
    } else {
      if (setting.value) fail(kWho, "flip takes no value: write flip");
      augmentation.flip = Flip::kOn;
    }
  }
  return augmentation;
}

std::string Augmentation::text() const {
  if (is_none()) return "none";
  std::string text = flip == Flip::kOn ? "flip" : "";
  if (shift > 0) text += fmt::format("{}shift={}", text.empty() ? "" : ",", shift);
  return text;
}

void check(const Augmentation& augmentation, const Dataset& data) {
  if (augmentation.is_none()) return;
  const auto [channels, height, width] = extents_of(data);
  if (augmentation.shift >= std::min(height, width)) {
    fail(kWho, fmt::format("shift={} moves images of {}x{} out of sight: write a smaller shift", augmentation.shift, height, width));
  }
}

Augmenter::Augmenter(const Augmentation& augmentation, const Dataset& data, const Standardisation& standardisation, std::uint64_t seed,
                     int epoch)
    : augmentation_(augmentation), seed_(seed), stream_(kEpochStreams | static_cast<std::uint32_t>(epoch)) {
  if (augmentation.is_none()) return;
  const auto extents = extents_of(data);
  channels_ = extents[0], height_ = extents[1], width_ = extents[2];
  black_ = -standardisation.means()[0] * standardisation.scales()[0];
}

void Augmenter::apply(std::span<const std::uint32_t> order, std::int64_t begin, std::int64_t count, float* x) const {
  if (augmentation_.is_none()) return;
  const std::int64_t size = channels_ * height_ * width_;
  share_range(count, kImagesWorthAThread, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) apply(order[begin + i], x + i * size);
  });
}

void Augmenter::apply(std::uint32_t sample, float* image) const {
  const auto bits = philox(seed_, stream_, sample);
  const bool flipped = augmentation_.flip == Flip::kOn && (bits[0] & 1) != 0;
  const std::int64_t down = distance(bits[1], augmentation_.shift), right = distance(bits[2], augmentation_.shift);
  const std::int64_t rows = channels_ * height_, kept = width_ - std::abs(right);
  for (std::int64_t k = 0; k < rows; ++k) {
    const std::int64_t row = down > 0 ? rows - 1 - k : k;  // away from the rows that are still to be read
    const std::int64_t from = row % height_ - down;
    float* const to = image + row * width_;
    if (from < 0 || from >= height_) {
      std::fill_n(to, width_, black_);
      continue;
    }
    std::memmove(to + std::max<std::int64_t>(right, 0), to - down * width_ - std::min<std::int64_t>(right, 0), kept * sizeof(float));
    std::fill_n(right > 0 ? to : to + kept, width_ - kept, black_);
    if (flipped) std::reverse(to, to + width_);
  }
}

}  // namespace rectify
