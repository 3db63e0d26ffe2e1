// Which activations convolutional networks are trained with.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rectify/study/blocks.h"
#include "rectify/study/image_networks.h"

namespace rectify {
namespace {

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"network", "activation"};
  table.columns = {accuracy_column(),
                   {"train_loss", {"training loss", StudyUnit::kNumber, "mean over the last epoch, of trainings that did not diverge"}},
                   diverged_column()};
  const std::string net = image_net(scope);
  for (const char* activation : {"relu", "leaky_relu", "elu", "tanh", "sigmoid"}) {
    table.cases.push_back(image_case({scope.net.empty() ? "lenet" : "given", activation}, net, activation, 4));
  }
  if (scope.length == StudyLength::kShort || !scope.net.empty()) return {table};
  for (const char* activation : {"relu", "tanh", "sigmoid"}) {
    table.cases.push_back(image_case({"vgg-small", activation}, "vgg-small", activation, 3));
  }
  return {table};
}

/// What the networks say of the activations beside relu.
struct Compared {
  std::vector<std::string> above;                      ///< "elu on lenet": surely more accurate than relu
  std::vector<std::string> sigmoid_level, tanh_level;  ///< networks on which they were not surely behind
  std::size_t networks = 0;
};

void compare_row(const FoundRow& row, const Estimate& ahead, Compared& found) {
  const std::string &network = row.labels[0], &activation = row.labels[1];
  if (surely_above(ahead, 0)) found.above.push_back(fmt::format("{} on {}", activation, network));
  if (surely_below(ahead, 0)) return;
  if (activation == "sigmoid") found.sigmoid_level.push_back(network);
  if (activation == "tanh") found.tanh_level.push_back(network);
}

/// One sentence a network, and what it adds to `found`.
std::string sentences(const Findings& findings, Compared& found) {
  std::string text;
  const FoundRow* relu = nullptr;
  for (const FoundRow& row : findings.table()) {
    if (row.labels[1] == "relu") {
      text += fmt::format("{}{}: relu reaches {}", relu == nullptr ? "" : ". ", row.labels[0], percent_of(row.estimate("accuracy")));
      relu = &row;
      ++found.networks;
      continue;
    }
    const Estimate ahead = difference(row, *relu, "accuracy");
    text += fmt::format("; {} is {}", row.labels[1], beside_text(ahead, "relu"));
    if (row.mean("diverged") > 0) text += fmt::format(" ({:.0f} % of its trainings diverged)", 100 * row.mean("diverged"));
    compare_row(row, ahead, found);
  }
  return text + ".";
}

Judgement judge(const Findings& findings) {
  Compared found;
  Judgement out;
  out.conclusion = sentences(findings, found);
  if (found.sigmoid_level.size() == found.networks && found.tanh_level.size() == found.networks) {
    out.verdict = StudyVerdict::kNotFound;
    return out;
  }
  std::vector<std::string> parts;
  for (const auto& [name, level] : {std::pair{"sigmoid", found.sigmoid_level}, {"tanh", found.tanh_level}}) {
    if (!level.empty()) parts.push_back(fmt::format("{} is left out on {}, where it was not surely behind relu", name, listed(level)));
  }
  if (!found.above.empty()) {
    parts.push_back(fmt::format("default does not mean best: surely more accurate than relu {} {}",
                                found.above.size() == 1 ? "was" : "were", listed(found.above)));
  }
  out.verdict = parts.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  out.condition = fmt::format("{}", fmt::join(parts, "; and "));
  return out;
}

}  // namespace

Study cnn_study() {
  Study study;
  study.name = "cnn";
  study.claim = "In convolutional networks ReLU is the default; sigmoid and tanh are not used.";
  study.method =
      "Convolutional networks are trained with each activation at its best rate. Accuracies are compared seed by seed. What people use "
      "cannot be measured; whether they have a reason can.";
  study.terms = {{"convolutional network", "a network whose layers look at every place of an image with the same small window of weights"}};
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 2000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
