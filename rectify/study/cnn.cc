// Which activations convolutional networks are trained with.
#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rectify/study/blocks.h"
#include "rectify/study/image_networks.h"

namespace rectify {
namespace {

const std::vector<std::string> kActivations{"linear", "relu", "leaky_relu", "elu", "tanh", "sigmoid"};

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"network", "activation"};
  table.columns = {accuracy_column(),
                   {"train_loss", {"training loss", StudyUnit::kNumber, "mean over the last epoch, of trainings that did not diverge"}},
                   diverged_column()};
  const auto add = [&table](const std::string& label, const std::string& net, int epochs) {
    for (const std::string& activation : kActivations) table.cases.push_back(image_case({label, activation}, net, activation, epochs));
  };
  add(scope.net.empty() ? "lenet" : "given", image_net(scope), 4);
  if (scope.length == StudyLength::kFull && scope.net.empty()) add("vgg-small", "vgg-small", 3);
  return {table};
}

/// The networks on which an activation is surely behind relu, surely ahead of it, and neither.
struct Places {
  std::vector<std::string> behind, level, ahead;
  std::string edge;  ///< ", at the lowest rate tried" of any on which it is behind

  std::vector<std::string> not_behind() const {
    std::vector<std::string> both = level;
    both.insert(both.end(), ahead.begin(), ahead.end());
    return both;
  }
};

/// By activation.
using Standings = std::map<std::string, Places>;

/// "elu is 1.9 +- 0.4 points above relu", "tanh is not told from relu (-0.3 +- 1.0 points)".
std::string sentence_of(const Compared& one) {
  const std::string& name = one.row->labels[1];
  std::string text = one.sure
                         ? fmt::format("{} is {}{}", name, beside_text(one.ahead, "relu"), one.surely_below() ? edge_text(*one.row) : "")
                         : fmt::format("{} is not told from relu ({})", name, points_of(one.ahead));
  if (one.row->mean("diverged") > 0) text += fmt::format(" ({:.0f} % of its trainings diverged)", 100 * one.row->mean("diverged"));
  return text;
}

/// One sentence a network, and what it adds to `standings`.
std::string sentences(const Findings& findings, Standings& standings) {
  std::vector<std::pair<const FoundRow*, const FoundRow*>> family;
  for (const FoundRow& row : findings.table()) {
    if (row.labels[1] != "relu") family.emplace_back(&row, &findings.row({row.labels[0], "relu"}));
  }
  std::string text, network;
  for (const Compared& one : compare_all(family, "accuracy")) {
    const std::vector<std::string>& labels = one.row->labels;
    if (labels[0] != network) {
      text += fmt::format("{}{}: relu reaches {}", network.empty() ? "" : ". ", labels[0],
                          percent_of(findings.row({labels[0], "relu"}).estimate("accuracy")));
      network = labels[0];
    }
    text += "; " + sentence_of(one);
    Places& places = standings[labels[1]];
    (one.surely_below() ? places.behind : one.surely_above() ? places.ahead : places.level).push_back(network);
    if (one.surely_below() && places.edge.empty()) places.edge = edge_text(*one.row);
  }
  return text + ". All are asked at once, so each must be surer than one alone (Holm's correction).";
}

/// What else the numbers say of relu as the default.
std::string remarks(Standings& standings) {
  std::string text;
  std::vector<std::string> better;
  for (const std::string& activation : kActivations) {
    for (const std::string& network : standings[activation].ahead) better.push_back(fmt::format("{} on {}", activation, network));
  }
  if (!better.empty())
    text += fmt::format(" The default is not the best: surely more accurate {} {}.", better.size() == 1 ? "was" : "were", listed(better));
  const std::vector<std::string> unneeded = standings["linear"].not_behind();
  if (!unneeded.empty()) {
    text +=
        fmt::format(" On {} linear was not surely behind relu: so short a training shows there no advantage of relu over no activation.",
                    listed(unneeded));
  }
  return text;
}

/// "elu (on lenet and vgg-small)": what is surely ahead of relu, but for linear; "" where nothing is.
std::string better_text(const Standings& standings) {
  std::vector<std::string> better;
  for (const std::string& activation : kActivations) {
    const auto found = standings.find(activation);
    if (activation == "linear" || found == standings.end() || found->second.ahead.empty()) continue;
    better.push_back(fmt::format("{} (on {})", activation, listed(found->second.ahead)));
  }
  return listed(better);
}

/// What the sentence leaves out; "" where it is right of sigmoid and of tanh.
std::string condition_of(const Places& sigmoid, const Places& tanh, const Places& linear) {
  const auto alone = [&linear](const char* right, const Places& behind, const char* wrong, const Places& places) {
    const char* all = linear.behind.empty() ? ", and neither was linear, so that no advantage over no activation is seen" : "";
    const std::string where = behind.not_behind().empty() ? "" : fmt::format(" on {}", listed(behind.behind));
    return fmt::format("one speaks of {}{}, in a training as short as here{}: {} was not surely behind relu on {}{}", right, where,
                       behind.edge, wrong, listed(places.not_behind(), "or"), all);
  };
  if (sigmoid.behind.empty()) return alone("tanh", tanh, "sigmoid", sigmoid);
  if (tanh.behind.empty()) return alone("sigmoid", sigmoid, "tanh", tanh);
  std::vector<std::string> parts;
  for (const auto& [name, places] : {std::pair<const char*, const Places&>{"sigmoid", sigmoid}, {"tanh", tanh}}) {
    const std::vector<std::string> open = places.not_behind();
    if (!open.empty()) parts.push_back(fmt::format("{} is left out on {}, where it was not surely behind relu", name, listed(open)));
  }
  return fmt::format("{}", fmt::join(parts, ", and "));
}

Judgement judge(const Findings& findings) {
  Standings standings;
  Judgement out;
  out.conclusion = sentences(findings, standings);
  out.conclusion += remarks(standings);
  const Places &sigmoid = standings["sigmoid"], &tanh = standings["tanh"];
  if (sigmoid.behind.empty() && tanh.behind.empty()) {
    out.verdict = StudyVerdict::kNotFound;
    return out;
  }
  out.condition = condition_of(sigmoid, tanh, standings["linear"]);
  if (const std::string better = better_text(standings); !better.empty()) {
    out.condition +=
        fmt::format("{}the default is not taken for the best, which {} surely beat", out.condition.empty() ? "" : ", and ", better);
  }
  out.verdict = out.condition.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
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
  study.terms = {{"convolutional network", "a network whose layers look at every place of an image with the same small window of weights"},
                 {"linear", "no activation. Pooling, which takes the largest of neighbouring values, is then all that is not linear"}};
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 2000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
