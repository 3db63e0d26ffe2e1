// How deep a network can be before its gradient is lost.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/prediction.h"

namespace rectify {
namespace {

const std::vector<std::string> kActivations{"sigmoid", "tanh", "relu", "elu"}, kInits{"glorot", "auto"};

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "init", "layers"};
  table.columns = {
      {"trainable", {"depth in theory", StudyUnit::kNumber, "trainable depth: hidden layers that theory lets train; inf: any number"}},
      {"predicted_span", {"span in theory", StudyUnit::kRatio, "the gradient span before training, by theory"}},
      {"span_start", {"span measured", StudyUnit::kRatio, "gradient at the first hidden layer over that at the last, before training"}},
      accuracy_column()};
  const int width = scope.choose(32, 64);
  for (const std::string& activation : kActivations) {
    for (const std::string& init : scope.choose<std::vector<std::string>>({"auto"}, kInits)) {
      const Initialisation initialisation = Initialisation::parse(init);
      const auto trainable = trainable_depth(Activation(activation), *hidden_variance(initialisation, activation));
      for (const int depth : scope.choose<std::vector<int>>({2, 20}, {1, 5, 10, 20, 30})) {
        StudyCase one;
        one.labels = {activation, init, std::to_string(depth)};
        one.training = study_training(stack_net(scope.data, depth, width), activation, scope.choose(8, 4), 0.01);
        one.training->init = initialisation;
        one.rates = scope.choose<std::vector<double>>({0.03, 0.3}, {0.003, 0.03, 0.3});
        if (trainable) one.predicted["trainable"] = *trainable;
        if (depth > 1) one.predicted["predicted_span"] = predicted_span(initialisation, activation, scope.data, depth, width).value_or(NAN);
        table.cases.push_back(std::move(one));
      }
    }
  }
  return {table};
}

/// What became of an activation with any of its initialisations.
enum class Fate {
  kLearns,   ///< the deepest network learned, and all others
  kStopped,  ///< those up to some depth learned, and none beyond it
  kNever,    ///< none learned
  kMixed     ///< a deeper one learned where a shallower one did not: not depth alone decides
};

/// What theory's depth says beside what was measured, of one activation and initialisation.
struct TheoryTally {
  int all = 0;             ///< of which theory has a number
  int no_limit = 0;        ///< it sets no limit among the depths tried
  int no_limit_found = 0;  ///< and none was found
  int fits = 0;            ///< its limit lies between the deepest that learned and the next one tried
  int deeper = 0;          ///< the limit that was found lies deeper than theory's
  int shallower = 0;       ///< or less deep
};

/// An activation with one initialisation.
struct Ladder {
  std::string init;
  std::vector<const FoundRow*> rows;  ///< from shallow to deep
  int deepest = 0;                    ///< the most hidden layers with which every seed learned well
  std::string edge;                   ///< ", at the highest rate tried" of that network's
  Fate fate = Fate::kNever;

  int depth(std::size_t i) const { return std::stoi(rows[i]->labels[2]); }
  int tried() const { return depth(rows.size() - 1); }
};

Ladder ladder(const Findings& findings, const std::string& activation, const std::string& init) {
  Ladder out;
  out.init = init;
  std::size_t learned = 0, in_order = 0;
  for (const FoundRow& row : findings.table()) {
    if (row.labels[0] != activation || row.labels[1] != init) continue;
    out.rows.push_back(&row);
    if (row.mean("learned") < 1) continue;
    in_order += ++learned == out.rows.size();
    out.deepest = std::stoi(row.labels[2]);
    out.edge = edge_text(row);
  }
  out.fate = learned == 0 ? Fate::kNever : learned > in_order ? Fate::kMixed : learned < out.rows.size() ? Fate::kStopped : Fate::kLearns;
  return out;
}

/// Whether in every deeper network surely less than a tenth of the gradient reached the first layer, before training.
bool vanished_beyond(const Ladder& ladder) {
  constexpr double kTenth = -1;
  return std::all_of(ladder.rows.begin(), ladder.rows.end(), [&](const FoundRow* row) {
    return std::stoi(row->labels[2]) <= ladder.deepest || (row->has("span_start") && surely_below(row->estimate("span_start"), kTenth));
  });
}

/// How small a gradient networks learned with and how large a one they failed with: where the two overlap, the span does not decide alone.
std::string span_sentence(const FoundTable& table) {
  const FoundRow *smallest = nullptr, *largest = nullptr;
  for (const FoundRow& row : table) {
    if (!row.has("span_start")) continue;
    const auto span = [](const FoundRow* one) { return one->mean("span_start"); };
    if (row.mean("learned") == 1 && (smallest == nullptr || span(&row) < span(smallest))) smallest = &row;
    if (row.mean("learned") == 0 && (largest == nullptr || span(&row) > span(largest))) largest = &row;
  }
  if (smallest == nullptr || largest == nullptr) return "";
  const auto text = [](const FoundRow& row) {
    return fmt::format("{} ({} with {}, {} layers)", span_text(row.mean("span_start")), row.labels[0], row.labels[1], row.labels[2]);
  };
  const bool overlap = smallest->mean("span_start") < largest->mean("span_start");
  return fmt::format(
      " The smallest gradient at the first layer with which a network learned was {}, the largest with which one failed {}{}.",
      text(*smallest), text(*largest), overlap ? ": the gradient alone does not decide" : "");
}

void compare_with_theory(const Ladder& ladder, TheoryTally& tally) {
  if (!ladder.rows.back()->has("trainable")) return;
  const double theory = ladder.rows.back()->mean("trainable");
  ++tally.all;
  if (theory >= ladder.tried()) {
    ++tally.no_limit, tally.no_limit_found += ladder.deepest == ladder.tried();
    return;
  }
  int next = ladder.tried() + 1;
  for (std::size_t i = ladder.rows.size(); i-- > 0 && ladder.depth(i) > ladder.deepest;) next = ladder.depth(i);
  (theory < ladder.deepest ? tally.deeper : theory < next ? tally.fits : tally.shallower) += 1;
}

std::string theory_text(const TheoryTally& tally, int tried) {
  std::string text = fmt::format(" In {} of {} theory sets no limit below {} layers, and in {} of these none was found.", tally.no_limit,
                                 tally.all, tried, tally.no_limit_found);
  const int limits = tally.all - tally.no_limit;
  if (limits == 0) return text;
  return text + fmt::format(" In the other {} the limit found fits theory's {} times, is deeper {} times and less deep {} times.", limits,
                            tally.fits, tally.deeper, tally.shallower);
}

/// "1 with glorot (theory 2.1; gradient 1/2e18 over 30)".
std::string ladder_text(const Ladder& ladder) {
  const FoundRow& deepest = *ladder.rows.back();
  const std::string span = deepest.has("span_start") ? span_text(deepest.mean("span_start")) : "unmeasured";
  std::string theory = "has no number";
  if (deepest.has("trainable")) {
    const double depth = deepest.mean("trainable");
    theory = std::isinf(depth) ? "any" : short_text(depth);
  }
  const char* gap = ladder.fate == Fate::kMixed ? ", though not with all below" : "";
  return fmt::format("{} with {}{}{} (theory {}, gradient {})", ladder.deepest, ladder.init,
                     ladder.fate == Fate::kStopped ? ladder.edge : "", gap, theory, span);
}

/// What one activation's initialisations say together.
struct Ladders {
  Fate best = Fate::kNever;          ///< of the initialisation that brought it furthest
  std::vector<std::string> stopped;  ///< the initialisations with which it was
  std::vector<std::string> learns;   ///< those with which it learned at every depth
  int tried = 0;                     ///< how many there are
  bool vanished = true;              ///< whether the gradient had surely vanished in every network beyond those that learned
};

Ladders look_at(const Findings& findings, const std::string& activation, std::string& sentence, TheoryTally& tally) {
  Ladders out;
  std::vector<std::string> parts;
  for (const std::string& init : kInits) {
    const Ladder one = ladder(findings, activation, init);
    if (one.rows.empty()) continue;
    parts.push_back(ladder_text(one));
    compare_with_theory(one, tally);
    ++out.tried;
    if (one.fate == Fate::kStopped) out.stopped.push_back(init);
    if (one.fate == Fate::kLearns) out.learns.push_back(init);
    out.vanished &= vanished_beyond(one);
    const bool further = one.fate == Fate::kLearns || out.best == Fate::kNever || (out.best == Fate::kStopped && one.fate == Fate::kMixed);
    if (further) out.best = one.fate;
  }
  sentence += fmt::format(" {}: {}.", activation, listed(parts));
  return out;
}

/// Of the activation that depth did not stop.
std::string exception_text(const char* name, const Ladders& found) {
  switch (found.best) {
    case Fate::kLearns: {
      const bool always = static_cast<int>(found.learns.size()) == found.tried;
      return fmt::format("{} learned at every depth with {}", name, always ? "every initialisation tried" : listed(found.learns));
    }
    case Fate::kNever: return fmt::format("{} learned well at no depth, so that depth did not decide", name);
    case Fate::kMixed:
    case Fate::kStopped: break;
  }
  return fmt::format("{} learned in some deep networks and not in some shallower ones", name);
}

Judgement judge(const Findings& findings) {
  const std::string most = findings.table().back().labels[2];
  Judgement out;
  out.conclusion = fmt::format(
      "The most hidden layers, of at most {}, with which every seed learned well; beside it theory's number, and the gradient span "
      "over {}:",
      most, most);
  TheoryTally tally;
  std::map<std::string, Ladders> all;
  for (const std::string& activation : kActivations) all[activation] = look_at(findings, activation, out.conclusion, tally);
  out.conclusion += theory_text(tally, std::stoi(most)) + span_sentence(findings.table());
  const Ladders& relu = all["relu"];
  if (relu.best == Fate::kLearns && !relu.stopped.empty()) {
    out.conclusion += fmt::format(" relu too was stopped with {}: the initialisation matters as well.", listed(relu.stopped));
  }
  const Fate sigmoid = all["sigmoid"].best, tanh = all["tanh"].best;
  if (sigmoid == Fate::kStopped && tanh == Fate::kStopped) {
    out.verdict = relu.best == Fate::kLearns ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
    out.condition =
        relu.best == Fate::kStopped ? "one adds that relu was stopped too" : "one adds that relu did not learn at every depth either";
  } else if (sigmoid == Fate::kStopped || tanh == Fate::kStopped) {
    const bool is_sigmoid = sigmoid == Fate::kStopped;
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = fmt::format("the activation is {}, trained as briefly as here: {}", is_sigmoid ? "sigmoid" : "tanh",
                                exception_text(is_sigmoid ? "tanh" : "sigmoid", all[is_sigmoid ? "tanh" : "sigmoid"]));
  } else {
    out.verdict = StudyVerdict::kNotFound;
  }
  const bool vanished = (sigmoid != Fate::kStopped || all["sigmoid"].vanished) && (tanh != Fate::kStopped || all["tanh"].vanished);
  if (out.verdict != StudyVerdict::kNotFound && !vanished) {
    const char* cause = "the cause is left out, as the gradient had not surely shrunk to a tenth in all that were stopped";
    out.condition = out.verdict == StudyVerdict::kHolds ? cause : fmt::format("{}, and {}", out.condition, cause);
    out.verdict = StudyVerdict::kHoldsIf;
  }
  return out;
}

}  // namespace

Study depth_study() {
  Study study;
  study.name = "depth";
  study.claim = "Vanishing gradients stop deep sigmoid and tanh networks.";
  study.method =
      "Networks from shallow to deep are trained with usual initialisations. The gradient before training and the depth that can be "
      "trained, as theory predicts them, stand beside what was measured.";
  study.terms = {span_term(),
                 {"trainable depth",
                  "six times the number of layers over which what tells two inputs apart shrinks by a factor e (Schoenholz et al. 2017). "
                  "It is a rule of thumb of wide networks, about inputs rather than gradients"}};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 8000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
