#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/base/error.h"

int main() {
  const rectify::Activation relu("relu");
  const std::vector<float> x{-2, 0, 3};
  std::vector<float> y(3);
  relu.forward(x.data(), y.data(), y.size());
  try {
    rectify::Activation("no such activation");
  } catch (const rectify::Error&) {
    return y == std::vector<float>{0, 0, 3} ? 0 : 1;
  }
  return 2;
}
