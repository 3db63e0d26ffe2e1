// How a network is trained, as people read and write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace rectify {

/// The settings of a training, texts as the command line writes them.
struct TrainingSettings {
  int epochs = 0;
  std::int64_t batch = 0;
  std::string optimizer, schedule;
  std::optional<double> clip;  ///< the longest gradient
  double learning_rate = 0;
  std::string augmentation;  ///< empty: none
};

/// "5 epochs, batch 128, sgd, clip 1, lr 0.01 cosine, augment flip".
std::string settings_text(const TrainingSettings& settings);

}  // namespace rectify
