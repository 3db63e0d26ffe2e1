// Which activations convolutional networks are trained with.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rectify/study/blocks.h"
#include "rectify/study/image_networks.h"

namespace rectify {
namespace {

const std::vector<std::string> kLectured{"relu", "leaky_relu", "elu", "tanh", "sigmoid"};

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"network", "activation"};
  table.columns = {accuracy_column(), {"train_loss", {"training loss", StudyUnit::kNumber, "mean over the last epoch"}}};
  std::vector<std::pair<std::string, std::string>> networks{{scope.net.empty() ? "lenet" : "given", image_net(scope)}};
  if (scope.length == StudyLength::kFull && scope.net.empty()) networks.emplace_back("vgg-small", "vgg-small");
  for (const auto& [label, net] : networks) {
    for (const std::string& activation : kLectured) {
      StudyCase one;
      one.labels = {label, activation};
      one.training = study_training(net, activation, scope.choose(8, 6), 0.03);
      one.rates = scope.choose<std::vector<double>>({0.01, 0.1}, {0.01, 0.03, 0.1});
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

Judgement judge(const Findings& findings) {
  std::vector<std::string> networks;
  for (const FoundRow& row : findings.table()) {
    if (std::find(networks.begin(), networks.end(), row.labels[0]) == networks.end()) networks.push_back(row.labels[0]);
  }
  Judgement out;
  bool sigmoid_behind = true, tanh_behind = true, any_behind = false, first = true;
  for (const std::string& network : networks) {
    const FoundRow& relu = findings.row({network, "relu"});
    out.conclusion += fmt::format("{}: relu reaches {}", network, percent_of(relu.estimate("accuracy")));
    for (const std::string& activation : kLectured) {
      if (activation == "relu") continue;
      const Estimate ahead = difference(findings.row({network, activation}), relu, "accuracy");
      out.conclusion += fmt::format("; {} is {}", activation, beside_text(ahead, "relu"));
      const bool behind = surely_below(ahead, 0);
      any_behind |= behind && (activation == "sigmoid" || activation == "tanh");
      if (activation == "sigmoid") sigmoid_behind &= behind;
      if (activation == "tanh") tanh_behind &= behind;
      if (surely_above(ahead, 0)) first = false;
    }
    out.conclusion += ". ";
  }
  out.conclusion.pop_back();
  if (sigmoid_behind && tanh_behind && first) {
    out.verdict = StudyVerdict::kHolds;
  } else if (!any_behind) {
    out.verdict = StudyVerdict::kNotFound;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = sigmoid_behind && tanh_behind ? "default does not mean best: another was surely more accurate"
                    : sigmoid_behind              ? "the alternative is sigmoid; tanh was not surely behind relu everywhere"
                    : tanh_behind                 ? "the alternative is tanh; sigmoid was not surely behind relu everywhere"
                                                  : "the network is one of those above where they are behind";
  }
  return out;
}

}  // namespace

Study cnn_study() {
  Study study;
  study.name = "cnn";
  study.claim = "In convolutional networks ReLU is the default; sigmoid and tanh are not used.";
  study.method =
      "Convolutional networks are trained with each activation at its best rate. What is compared is the accuracy, seed by seed.";
  study.terms = {{"convolutional network", "a network whose layers look at every place of an image with the same small window of weights"}};
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 2000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
