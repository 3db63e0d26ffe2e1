// SwiGLU and softmax on raw pointers, forward and backward.
#include <cstdio>
#include <vector>

#include "rectify/activation/gated.h"
#include "rectify/activation/rows.h"

int main() {
  const rectify::Extent extent{2, 3};
  const rectify::GatedActivation swiglu("swiglu");
  const std::vector<float> ab{1, 2, 3, -1, 0, 1, 4, 5, 6, 2, 1, 0};  // each row: the values, then what gates them
  std::vector<float> y(6), p(6), dy(6, 1.0f), dab(ab.size());
  swiglu.forward(ab.data(), y.data(), extent);
  swiglu.grad_from_input(ab.data(), dy.data(), dab.data(), extent);
  rectify::softmax(y.data(), p.data(), extent);
  for (std::size_t row = 0; row < extent.rows; ++row) {
    std::printf("swiglu");
    for (std::size_t i = 0; i < extent.cols; ++i) std::printf(" %9.6f", y[row * extent.cols + i]);
    std::printf("   softmax of it");
    for (std::size_t i = 0; i < extent.cols; ++i) std::printf(" %9.6f", p[row * extent.cols + i]);
    std::printf("\n");
  }
}
