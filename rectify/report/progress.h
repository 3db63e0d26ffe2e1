// One line that tells how a comparison goes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rectify {

/// The state of all trials, and the line that shows it.
class ProgressLine {
 public:
  /// One name a trial.
  explicit ProgressLine(std::vector<std::string> names);

  void begin(int trial);
  void step(int trial, std::int64_t done, std::int64_t steps);
  void epoch(int trial, int epoch, double loss);
  void end(int trial);

  /// "[####----]  43 %, 12 s, 16 s left: relu epoch 2 loss 0.41, ...", the trials that run now behind the colon, `width` columns at most.
  std::string text(double seconds, int width) const;

 private:
  struct Trial {
    std::string name;
    double share = 0;
    bool runs = false;
    int epoch = 0;
    std::optional<double> loss;
  };
  std::vector<Trial> trials_;
};

}  // namespace rectify
