// Training beside PyTorch: the losses in golden/, made by golden.py, which starts from the same parameters and has the same batches.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rectify/base/threads.h"
#include "rectify/nn/model_toml.h"
#include "rectify/nn/plan.h"
#include "rectify/train/optimiser.h"

namespace rectify {
namespace {

constexpr double kTolerance = 1e-4;          // relative
constexpr std::uint32_t kFirstBatch = 1000;  // the number of its stream; those before are of parameters
constexpr std::uint32_t kBatches = 4;        // that come again and again

/// Value `i` of a stream, in [-1, 1): noise() of golden.py.
double noise(std::uint32_t stream, std::uint32_t i) {
  std::uint32_t h = i + stream * 0x9e3779b9u;
  h = (h ^ (h >> 16)) * 0x7feb352du;
  h = (h ^ (h >> 15)) * 0x846ca68bu;
  h ^= h >> 16;
  return (h >> 8) / 8388608.0 - 1;
}

/// What the initial values of a kind lie around.
double centre(ParameterKind kind) {
  if (kind == ParameterKind::kScale) return 1;
  return kind == ParameterKind::kActivation ? 0.25 : 0;
}

void set_parameters(ParameterStore& store) {
  std::uint32_t stream = 0;
  for (const ParameterSlot& slot : store.slots()) {
    if (!slot.is_learnt()) continue;
    const double scale = slot.kind == ParameterKind::kWeight ? std::sqrt(6.0 / static_cast<double>(slot.fan_in())) : 0.125;
    std::uint32_t i = 0;
    for (float& value : store.values(slot)) value = static_cast<float>(centre(slot.kind) + scale * noise(stream, i++));
    ++stream;
  }
}

/// Fills inputs and labels; the class is where the first values are largest.
void set_batch(Plan& plan, std::uint32_t step, std::size_t classes) {
  std::uint32_t i = 0;
  for (float& value : plan.input()) value = static_cast<float>(noise(kFirstBatch + step % kBatches, i++));
  const std::size_t size = plan.input().size() / plan.labels().size();
  for (std::size_t sample = 0; sample < plan.labels().size(); ++sample) {
    const auto first = plan.input().subspan(sample * size, classes);
    plan.labels()[sample] = static_cast<std::int32_t>(std::ranges::max_element(first) - first.begin());
  }
}

/// Trains as a golden file says.
void follow(const nlohmann::json& golden, const std::string& name) {
  const std::string net = golden["net"], activation = golden["activation"];
  const Model model = net.find("[[node]]") != net.npos ? parse_model(net, activation) : parse_network(net, activation);
  ParameterStore store(model);
  set_parameters(store);
  const std::unique_ptr<Backend> backend = make_onednn_backend();
  Plan plan(model, store, *backend, golden["batch"], Mode::kTraining);
  OptimiserOptions options = OptimiserOptions::parse(golden["optimiser"].get<std::string>());
  if (!golden["clip"].is_null()) options.clip = golden["clip"];
  Optimiser optimiser(options, store);

  const std::vector<double> losses = golden["losses"];
  ASSERT_EQ(losses.size(), 100u);
  double largest = 0;
  for (std::uint32_t step = 0; step < losses.size(); ++step) {
    set_batch(plan, step, static_cast<std::size_t>(model.output_units()));
    plan.set_pass({.pass = Pass::kStep, .step = step});
    plan.parameters_changed();
    const double loss = plan.forward();
    largest = std::max(largest, std::abs(loss / losses[step] - 1));
    ASSERT_NEAR(loss, losses[step], kTolerance * losses[step]) << "step " << step;
    plan.backward();
    ASSERT_TRUE(optimiser.step(golden["rate"]));
  }
  testing::Test::RecordProperty(name, fmt::format("{:.1e}", largest));
  EXPECT_LT(losses.back(), 0.7 * losses.front()) << "the network learns, or the comparison says little";
}

TEST(Parity, losses_of_a_hundred_steps_follow_those_of_pytorch) {
  set_team_size(1);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GOLDEN_FOLDER)) {
    SCOPED_TRACE(entry.path().string());
    std::ifstream file(entry.path());
    follow(nlohmann::json::parse(file), entry.path().stem().string());
    ++files;
  }
  EXPECT_GE(files, 10);
}

}  // namespace
}  // namespace rectify
