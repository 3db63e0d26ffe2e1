// An activation function on raw pointers: forward and backward, no framework.
#include <cstdio>
#include <vector>

#include "rectify/activation/activation.h"

int main() {
  const rectify::Activation elu("elu(alpha=0.5)");
  const std::vector<float> x{-3, -1, 0, 1, 3}, dy(5, 1.0f);
  std::vector<float> y(x.size()), dx(x.size());
  elu.forward(x.data(), y.data(), x.size());
  elu.grad_from_input(x.data(), dy.data(), dx.data(), x.size());

  std::printf("%6s %10s %10s\n", "x", "elu(x)", "elu'(x)");
  for (std::size_t i = 0; i < x.size(); ++i) std::printf("%6g %10.6f %10.6f\n", x[i], y[i], dx[i]);
}
