// The SIMD target that computes: the best of the machine, the one that the environment variable RECTIFY_TARGET names, or one set here.
#include <cstdio>
#include <string>

#include "rectify/activation/activation.h"
#include "rectify/simd/target.h"

int main() {
  std::printf("runs on %s unless told otherwise\n", rectify::current_target().c_str());
  const rectify::Activation gelu("gelu");
  for (const std::string& target : rectify::targets()) {
    rectify::set_target(target);  // not while kernels run in other threads
    const float x = -3;
    float y;
    gelu.forward(&x, &y, 1);
    std::printf("%-8s gelu(%g) = %.9g\n", target.c_str(), x, y);
  }
  rectify::set_target("best");
}
