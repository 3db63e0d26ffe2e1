#include "rectify/record/training_settings.h"

#include <fmt/format.h>

namespace rectify {

std::string settings_text(const TrainingSettings& settings) {
  const std::string clip = settings.clip ? fmt::format(", clip {:g}", *settings.clip) : "";
  const std::string augment = settings.augmentation.empty() ? "" : ", augment " + settings.augmentation;
  return fmt::format("{} epoch{}, batch {}, {}{}, lr {:g} {}{}", settings.epochs, settings.epochs == 1 ? "" : "s", settings.batch,
                     settings.optimizer, clip, settings.learning_rate, settings.schedule, augment);
}

}  // namespace rectify
