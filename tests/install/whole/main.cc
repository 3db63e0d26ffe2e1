#include <atomic>

#include "rectify/compare/comparison.h"
#include "rectify/data/dataset.h"

int main() {
  rectify::CompareOptions options;
  options.activations = {"relu"};
  options.base.net = "2-8-3";
  options.base.epochs = 1;
  rectify::ProgressSink progress;
  const std::atomic<bool> stop = false;
  const auto results = rectify::compare(options, rectify::load_dataset("spirals"), progress, stop);
  return results.at(0).test_accuracy.has_value() ? 0 : 1;
}
