#include "rectify/study/image_networks.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/study/blocks.h"
#include "rectify/study/loss_target.h"

namespace rectify {
namespace {

constexpr double kLowLoss = 0.3;

class LowLoss : public Watcher {
 public:
  void on_update(const ParameterStore&, double loss) override { target_.add(loss); }
  void report(Measures& out) const override {
    out["steps"] = static_cast<double>(target_.steps());
    out["reached"] = target_.reached() ? 1 : 0;
  }

 private:
  LossTarget target_{kLowLoss};
};

}  // namespace

std::string image_net(const StudyScope& scope) {
  const auto& shape = scope.data.sample_shape;
  if (shape.size() < 2) fail("study", fmt::format("{} are no images, which convolutions need: try --data fashion-mnist", scope.data.name));
  if (!scope.net.empty()) return scope.net;
  if (scope.length == StudyLength::kFull) return "lenet";
  const std::string channels = shape.size() == 3 ? fmt::format("{}x", shape[0]) : "1x";
  return fmt::format("{}{}x{} conv8 pool conv16 pool 32 {}", channels, shape[shape.size() - 2], shape.back(), scope.data.classes);
}

StudyCase image_case(std::vector<std::string> labels, const std::string& net, const std::string& activation, int epochs) {
  StudyCase one;
  one.labels = std::move(labels);
  one.training = study_training(net, activation, epochs, 0.002);
  one.training->optimiser = OptimiserOptions::parse("adam");
  one.training->recording = Recording::kOff;
  one.rates = {0.0005, 0.002, 0.008};
  return one;
}

std::unique_ptr<Watcher> watch_for_low_loss() { return std::make_unique<LowLoss>(); }

void add_times(const TrainedCase& trained, Measures& out) {
  const double samples = static_cast<double>(trained.data.train.count), per_epoch = out.at("seconds");
  const double batches = std::ceil(samples / static_cast<double>(kStudyBatch));
  out["time"] = out.at("steps") * per_epoch / batches;
  out["log_steps"] = std::log10(out.at("steps"));
  out["log_time"] = std::log10(out.at("time"));
  if (!out.contains("cost")) return;
  const std::vector<Shape> all = shapes(*trained.model);
  double elements = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (trained.model->nodes[i].kind == NodeKind::kActivation) elements += static_cast<double>(all[i].size());
  }
  out["share"] = elements * samples * out.at("cost") * 1e-9 / per_epoch;
}

}  // namespace rectify
