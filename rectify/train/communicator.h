// What stands between backward and the optimiser: with one process, nothing.
#pragma once

#include <span>

namespace rectify {

/// Makes gradients the mean over all processes.
class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual void average(std::span<float> gradients) = 0;
};

/// One process: the mean is the gradient itself.
class SingleProcess : public Communicator {
 public:
  void average(std::span<float>) override {}
};

}  // namespace rectify
