// Augmentation: images mirrored and shifted at random, so that training never sees quite the same one twice.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "rectify/data/batches.h"
#include "rectify/data/dataset.h"

namespace rectify {

enum class Flip { kOff, kOn };

/// What is done to the images of training batches.
struct Augmentation {
  Flip flip = Flip::kOff;  ///< left and right change places, of every other image
  int shift = 0;           ///< by so many pixels at most in each direction, every distance as likely; what comes in is black

  /// "none", or "flip" and "shift=2", parted by a comma; "shift" alone is 2. Errors: [augment] unknown name with the nearest, one that is
  /// given twice, a shift that is no whole number from 1 to 1000.
  static Augmentation parse(std::string_view text);
  /// The text that parse() reads.
  std::string text() const;
  bool is_none() const { return flip == Flip::kOff && shift == 0; }
};

/// Checks that `augmentation` can be done to `data`. Errors: [augment] samples that are no images, or smaller than the shift.
void check(const Augmentation& augmentation, const Dataset& data);

/// Augments the batches of one epoch. What happens to a sample follows from seed, epoch and the sample's number alone, whatever the batch
/// that it is in and the number of threads.
class Augmenter {
 public:
  /// For data that check() lets pass, standardised.
  Augmenter(const Augmentation& augmentation, const Dataset& data, const Standardisation& standardisation, std::uint64_t seed, int epoch);
  /// Changes samples order[begin .. begin + count), which lie in x [count, channels, height, width] as copy_batch() puts them there.
  void apply(std::span<const std::uint32_t> order, std::int64_t begin, std::int64_t count, float* x) const;

 private:
  void apply(std::uint32_t sample, float* image) const;

  Augmentation augmentation_;
  std::int64_t channels_ = 1, height_ = 1, width_ = 1;
  float black_ = 0;
  std::uint64_t seed_, stream_;
};

}  // namespace rectify
