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
  std::vector<std::string> alone;  ///< of the undecided, those that would be surely better if no other were asked
  std::string named;               ///< the same of those that the sentence names
};

Sorted sort_newer(const FoundTable& table, const FoundRow& relu) {
  Sorted out;
  std::vector<std::pair<const FoundRow*, const FoundRow*>> family;
  for (const FoundRow& row : table) {
    const bool newer = row.labels[1] != "-" && row.labels[1] > relu.labels[1];
    if (row.seeds.empty() || !newer) continue;
    if (row.mean("diverged") > 0) {
      out.diverged.push_back(divergence(row));
    } else {
      family.emplace_back(&row, &relu);
    }
  }
  for (const Compared& one : compare_all(family, "accuracy")) {
    const std::string& name = one.row->labels[0];
    (!one.sure            ? out.undecided
     : one.surely_above() ? out.better
                          : out.worse)
        .push_back(fmt::format("{} ({}{})", name, points_of(one.ahead), one.surely_below() ? edge_text(*one.row) : ""));
    if (!one.sure && surely_above(one.ahead, 0)) out.alone.push_back(name);
    if (name != "elu" && name != "maxout") continue;
    out.named += fmt::format("{}{} {}", out.named.empty() ? "" : ", ", name,
                             !one.sure            ? "not decided"
                             : one.surely_above() ? "above"
                                                  : "below");
  }
  return out;
}

/// What time and memory the dearest of all takes, and the dearest of the others.
std::string price_text(const FoundTable& table, const FoundRow& relu) {
  std::vector<std::pair<double, const FoundRow*>> dearest;
  for (const FoundRow& row : table) {
    if (!row.seeds.empty() && &row != &relu) dearest.emplace_back(row.mean("seconds") / relu.mean("seconds"), &row);
  }
  std::sort(dearest.begin(), dearest.end(), std::greater());
  const auto text = [&](const std::pair<double, const FoundRow*>& one) {
    return fmt::format("{} takes {} times relu's seconds an epoch and {} times its memory", one.second->labels[0], short_text(one.first),
                       short_text(one.second->mean("memory") / relu.mean("memory")));
  };
  return fmt::format(" The dearest, {}; the next, {}.", text(dearest.at(0)), text(dearest.at(1)));
}

Judgement judge(const Findings& findings) {
  const FoundTable& table = findings.table();
  const FoundRow& relu = row_of(table, "relu");
  const Sorted found = sort_newer(table, relu);
  const std::size_t all = found.better.size() + found.worse.size() + found.undecided.size() + found.diverged.size();
  Judgement out;
  out.conclusion = fmt::format("relu reaches {}. {} functions here are newer.", percent_of(relu.estimate("accuracy")), all);
  if (!found.better.empty()) out.conclusion += fmt::format(" Surely above relu: {}.", listed(found.better));
  if (!found.worse.empty()) out.conclusion += fmt::format(" Surely below it: {}.", listed(found.worse));
  if (!found.undecided.empty()) out.conclusion += fmt::format(" Not decided by these seeds: {}.", listed(found.undecided));
  if (!found.diverged.empty()) out.conclusion += fmt::format(" Not compared: {}.", listed(found.diverged));
  out.conclusion += " All are asked at once, so each must be surer than one alone (Holm's correction).";
  if (!found.alone.empty()) {
    out.conclusion += fmt::format(
        " Asked alone, {} of the undecided would be surely above relu: {}. The study cnn asks less at once and can be sure where this one "
        "is not.",
        found.alone.size(), listed(found.alone));
  }
  const Estimate linear = difference(row_of(table, "linear"), relu, "accuracy");
  const bool separates = surely_below(linear, 0);
  out.conclusion += separates ? fmt::format(" linear, which is no activation, is {}.", beside_text(linear, "relu"))
                              : fmt::format(
                                    " But this budget does not separate them: even linear, which is no activation, is {}. With so few "
                                    "steps and images it is not seen what an activation is worth.",
                                    beside_text(linear, "relu"));
  out.conclusion += price_text(table, relu);
  out.verdict = found.better.empty() || !separates ? StudyVerdict::kNotFound
                : found.better.size() == all       ? StudyVerdict::kHolds
                                                   : StudyVerdict::kHoldsIf;
  out.condition = fmt::format("one tries several: {} of {} were surely better than relu{}", found.better.size(), all,
                              found.named.empty() ? "" : fmt::format(" ({})", found.named));
  return out;
}

}  // namespace

Study newer_study() {
  Study study;
  study.name = "newer";
  study.claim = "ELU, maxout and newer variants are worth exploring.";
  study.method =
      "The same convolutional network is trained with each, at its best rate. Those that are newer than relu (2010) are compared with it, "
      "seed by seed. The others stand in the table beside them; linear shows what the network does without activations.";
  study.terms = {{"year", "of the publication that the catalogue of activations names as the function's source"}};
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 2000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf, StudyVerdict::kNotFound};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
