#include "rectify/study/blocks.h"

#include <fmt/format.h>

#include <utility>

namespace rectify {

std::string stack_net(const Dataset& data, int depth, int width) {
  if (depth == 0) return fmt::format("{}-{}", data.sample_size(), data.classes);
  return fmt::format("{}-{}x{}-{}", data.sample_size(), depth, width, data.classes);
}

TrainOptions study_training(std::string net, std::string activation, int epochs, double rate) {
  TrainOptions training;
  training.net = std::move(net);
  training.activation = std::move(activation);
  training.epochs = epochs;
  training.batch = kStudyBatch;
  training.learning_rate = rate;
  return training;
}

DesignColumn accuracy_column() {
  return {"accuracy",
          {"accuracy %", StudyUnit::kShare, "test samples that the network gets right; a training that diverged counts as chance"}};
}

DesignColumn span_start_column() {
  return {"span_start",
          {"span", StudyUnit::kRatio, "size of the gradient at the first hidden layer over that at the last, before training"}};
}

DesignColumn dead_start_column() {
  return {"dead_start", {"dead before %", StudyUnit::kShare, "units that are dead before training, mean over the hidden layers"}};
}

DesignColumn dead_end_column() { return {"dead_end", {"dead after %", StudyUnit::kShare, "the same after training"}}; }

DesignColumn diverged_column() { return {"diverged", {"diverged", StudyUnit::kCount, "trainings whose loss became infinite or NaN"}}; }

DesignColumn diverged_column_beside_dead() {
  DesignColumn column = diverged_column();
  column.column.meaning += "; they have no dead units to count";
  return column;
}

StudyTerm span_term() {
  return {"gradient span",
          "the size (root of the mean square) of the gradient at the first hidden layer, divided by that at the last. 1/1000 means that "
          "the first layer gets a thousandth of the push that the last one gets: the gradient vanishes"};
}

StudyTerm dead_term() {
  return {"dead unit",
          "a unit whose slope is 0 for every sample: no gradient passes, so its weights never change again unless its inputs do"};
}

StudyTerm saturation_term() {
  return {"flat, saturated",
          "the slope of the activation is below 5 % of its largest value. A function that is flat on both sides saturates"};
}

std::string listed(const std::vector<std::string>& words, std::string_view link) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += i == 0 ? words[i] : i + 1 == words.size() ? fmt::format(" {} {}", link, words[i]) : ", " + words[i];
  }
  return text;
}

}  // namespace rectify
