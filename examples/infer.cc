// Runs a saved network on points of its own. Usage: infer FILE, where FILE is what examples/train wrote
#include <cstdio>

#include "rectify/nn/plan.h"
#include "rectify/train/network_file.h"

int main(int argc, char** argv) {
  if (argc < 2) return std::puts("usage: infer FILE"), 0;
  rectify::TrainedNetwork network = rectify::read_network(argv[1]);
  rectify::Split points;
  points.count = 2;
  points.values = std::vector<float>{0, 1, 1, -0.5f};  // the tops of the two moons
  const auto backend = rectify::make_onednn_backend();
  rectify::Plan plan(network.model, network.parameters, *backend, points.count, rectify::Mode::kInference);
  for (int i = 0; i < 2; ++i) network.input.apply(points, i, plan.input().data() + 2 * i);
  plan.forward();
  for (int i = 0; i < 2; ++i) std::printf("point %d: class %d\n", i, plan.logits()[2 * i] > plan.logits()[2 * i + 1] ? 0 : 1);
}
