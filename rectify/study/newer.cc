// Whether functions newer than ReLU are worth a try.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/nn/plan.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/image_networks.h"
#include "rectify/train/trainer.h"

namespace rectify {
namespace {

/// The last year that an entry's source names, as text; "-" where it names none.
std::string year_of(const CatalogueEntry& entry) {
  std::string year = "-";
  const std::string_view source = entry.source;
  for (std::size_t i = 0; i < source.size();) {
    const std::size_t end = std::min(source.find_first_not_of("0123456789", i), source.size());
    const std::string_view digits = source.substr(i, end - i);
    if (digits.size() == 4 && digits > "1800" && digits < "2100") year = digits;
    i = std::max(end, i + 1);
  }
  return year;
}

/// What is compared: relu with a few, or with all that have a kernel of their own, and maxout.
std::vector<CatalogueEntry> compared_functions(const StudyScope& scope) {
  const std::vector<std::string_view> few{"linear", "relu", "elu", "gelu"};
  std::vector<CatalogueEntry> entries;
  for (const CatalogueEntry& entry : catalogue()) {
    if (entry.group == "further") continue;
    if (scope.length == StudyLength::kFull || std::find(few.begin(), few.end(), entry.name) != few.end()) entries.push_back(entry);
  }
  for (const CatalogueEntry& entry : layer_catalogue()) {
    if (entry.name == "maxout") entries.push_back(entry);
  }
  return entries;
}

/// Why an entry need not be run beside those `before` it; "" where it must.
std::string spared(const CatalogueEntry& entry, const std::vector<StudyCase>& before) {
  if (entry.name == "maxout" || entry.formula.find("learn") != std::string_view::npos) return "";
  const auto same = known_as(Activation(std::string(entry.name)));
  const bool seen = same && std::any_of(before.begin(), before.end(), [&](const StudyCase& one) { return one.labels[0] == *same; });
  return seen ? fmt::format("the same function as {}", *same) : "";
}

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "year"};
  table.columns = {accuracy_column(),
                   diverged_column(),
                   {"seconds", {"seconds per epoch", StudyUnit::kNumber, "of processor time"}},
                   {"memory", {"MiB", StudyUnit::kNumber, "memory of a training step"}}};
  const std::string net = image_net(scope);
  for (const CatalogueEntry& entry : compared_functions(scope)) {
    const std::string name(entry.name);
    StudyCase one = image_case({name, year_of(entry)}, net, name, 4);
    one.remark = spared(entry, table.cases);
    if (one.remark.empty()) {
      const PlanRecord plan = describe_plan(*one.training, scope.data);
      one.predicted["memory"] = static_cast<double>(plan.parameter_bytes + plan.arena_bytes) / 0x1p20;
    }
    table.cases.push_back(std::move(one));
  }
  return {table};
}

const FoundRow& row_of(const FoundTable& table, std::string_view activation) {
  return *std::find_if(table.begin(), table.end(), [&](const FoundRow& row) { return row.labels[0] == activation; });
}

/// "elu (2 of 5 diverged at rate 0.03)".
std::string divergence(const FoundRow& row) {
  const std::vector<double> diverged = row.values("diverged");
  const auto count = std::count(diverged.begin(), diverged.end(), 1.0);
  return fmt::format("{} ({} of {} diverged at rate {})", row.labels[0], count, diverged.size(), row.rate.value_or(0));
}

/// The functions newer than relu by what the seeds say of them beside it.
struct Sorted {
  std::vector<std::string> better, worse, undecided, diverged;
  std::vector<std::string> alone;       ///< of the undecided, those that would be surely better if no other were asked
  std::vector<std::string> worth;       ///< of the better ones, those that are surely better than a network without activations too
  std::vector<const FoundRow*> beaten;  ///< the other better ones
};

/// Sorts the rows of one family, which are asked at once; where linear is not surely below relu, what is worth a try is above both.
void sort_family(const std::vector<const FoundRow*>& rows, const FoundRow& relu, const FoundRow& linear, Sorted& out) {
  std::vector<std::pair<const FoundRow*, const FoundRow*>> family;
  for (const FoundRow* row : rows) family.emplace_back(row, &relu);
  const bool relu_is_worth = surely_below(difference(linear, relu, "accuracy"), 0);
  for (const Compared& one : compare_all(family, "accuracy")) {
    const std::string& name = one.row->labels[0];
    (!one.sure            ? out.undecided
     : one.surely_above() ? out.better
                          : out.worse)
        .push_back(fmt::format("{} ({}{})", name, points_of(one.ahead), one.surely_below() ? edge_text(*one.row) : ""));
    if (!one.sure && surely_above(one.ahead, 0)) out.alone.push_back(name);
    if (!one.surely_above()) continue;
    if (relu_is_worth || surely_above(difference(*one.row, linear, "accuracy"), 0)) {
      out.worth.push_back(name);
    } else {
      out.beaten.push_back(one.row);
    }
  }
}

/// Those that the sentence names are asked by themselves: what it says of them was written down before any number was known.
bool is_named(const FoundRow& row) { return row.labels[0] == "elu" || row.labels[0] == "maxout"; }

Sorted sort_newer(const FoundTable& table, const FoundRow& relu, const FoundRow& linear) {
  Sorted out;
  std::vector<const FoundRow*> named, others;
  for (const FoundRow& row : table) {
    const bool newer = row.labels[1] != "-" && row.labels[1] > relu.labels[1];
    if (row.seeds.empty() || !newer) continue;
    if (row.mean("diverged") > 0) {
      out.diverged.push_back(divergence(row));
    } else {
      (is_named(row) ? named : others).push_back(&row);
    }
  }
  sort_family(named, relu, linear, out);
  sort_family(others, relu, linear, out);
  return out;
}

/// What time and memory the dearest of all takes, and the dearest of the others, where these surely take more time than relu.
std::string price_text(const FoundTable& table, const FoundRow& relu) {
  std::vector<std::pair<Estimate, const FoundRow*>> dearest;
  const std::vector<double> of_relu = relu.values("seconds");
  for (const FoundRow& row : table) {
    if (row.seeds.empty() || &row == &relu) continue;
    std::vector<double> ratios = row.values("seconds");
    for (std::size_t seed = 0; seed < ratios.size(); ++seed) ratios[seed] /= of_relu[seed];
    const Estimate ratio = estimate(ratios);
    if (surely_above(ratio, 1)) dearest.emplace_back(ratio, &row);
  }
  std::sort(dearest.begin(), dearest.end(), [](const auto& a, const auto& b) { return a.first.mean > b.first.mean; });
  std::vector<std::string> parts;
  for (const auto& [ratio, row] : dearest) {
    if (parts.size() == 2) break;
    parts.push_back(fmt::format("{} ({} times, and {} times its memory)", row->labels[0], number_of(ratio),
                                short_text(row->mean("memory") / relu.mean("memory"))));
  }
  if (parts.empty()) return " None surely takes more time than relu.";
  return fmt::format(" {} surely take{} more time than relu, the most {}.", dearest.size(), dearest.size() == 1 ? "s" : "", listed(parts));
}

/// What a network without activations does beside relu, and so what being above relu means.
std::string linear_text(const Sorted& found, const FoundRow& relu, const FoundRow& linear) {
  const Estimate ahead = difference(linear, relu, "accuracy");
  std::string text = fmt::format(" linear, which is no activation, is {}.", beside_text(ahead, "relu"));
  if (surely_below(ahead, 0)) return text;
  text += " In so short a training it is not seen what relu is worth, and another is worth exploring where it surely beats linear too.";
  for (const FoundRow* row : found.beaten) {
    text += fmt::format(" {} is {}.", row->labels[0], beside_text(difference(*row, linear, "accuracy"), "linear"));
  }
  return text;
}

Judgement judge(const Findings& findings) {
  const FoundTable& table = findings.table();
  const FoundRow &relu = row_of(table, "relu"), &linear = row_of(table, "linear");
  const Sorted found = sort_newer(table, relu, linear);
  const std::size_t all = found.better.size() + found.worse.size() + found.undecided.size() + found.diverged.size();
  Judgement out;
  out.conclusion = fmt::format("relu reaches {}. {} functions here are newer.", percent_of(relu.estimate("accuracy")), all);
  if (!found.better.empty()) out.conclusion += fmt::format(" Surely above relu: {}.", listed(found.better));
  if (!found.worse.empty()) out.conclusion += fmt::format(" Surely below it: {}.", listed(found.worse));
  if (!found.undecided.empty()) out.conclusion += fmt::format(" Not decided by these seeds: {}.", listed(found.undecided));
  if (!found.diverged.empty()) out.conclusion += fmt::format(" Not compared: {}.", listed(found.diverged));
  out.conclusion +=
      " elu and maxout, which the sentence names, are asked at once, and so are the others, so that each must be surer than one alone "
      "(Holm's correction).";
  if (!found.alone.empty()) {
    out.conclusion +=
        fmt::format(" Asked alone, {} of the undecided would be surely above relu: {}.", found.alone.size(), listed(found.alone));
  }
  out.conclusion += linear_text(found, relu, linear) + price_text(table, relu);
  out.verdict = found.worth.empty() ? StudyVerdict::kNotFound : found.worth.size() == all ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  out.condition = fmt::format("one tries several: {} of {} were surely worth it ({})", found.worth.size(), all, listed(found.worth));
  return out;
}

}  // namespace

Study newer_study() {
  Study study;
  study.name = "newer";
  study.claim = "ELU, maxout and newer variants are worth exploring.";
  study.method =
      "The same convolutional network is trained with each, at its best rate. Those that are newer than relu (2010) are compared with it, "
      "seed by seed. The others stand in the table beside them; linear shows what the network does without activations. maxout's layers "
      "are as wide as the others', and so have about twice the weights.";
  study.terms = {{"year", "of the publication that the catalogue of activations names as the function's source"}};
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 2000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf, StudyVerdict::kNotFound};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
