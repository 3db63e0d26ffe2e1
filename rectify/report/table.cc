#include "rectify/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/report/wrap.h"

namespace rectify {
namespace {

constexpr int kNameWidth = 10;

/// One column: its width, the two lines of its heading, and where a mark follows its values.
struct Column {
  int width;
  const char* above;  ///< null where the column to the left reaches over this one
  const char* head;
};

enum ColumnIndex {
  kAccuracy,
  kLoss,
  kTime,
  kCost,
  kSpanStart,
  kSpanEnd,
  kSaturated,
  kDeadStart,
  kDead,
  kRevived,
  kOffCentre,
  kOneSigned,
  kOneSignedBatch,
  kNonlinear
};

constexpr Column kColumns[] = {
    {4, "test", "acc%"}, {5, "train", "loss"},    {4, "time", "s/ep"},      {4, "cost", "ns/x"}, {5, "grad. span", "start"},
    {5, nullptr, "end"}, {5, "satu-", "rated"},   {3, "dead units", "beg"}, {3, nullptr, "end"}, {3, nullptr, "rev"},
    {3, "off", "ctr"},   {4, "1-signed", "smpl"}, {3, nullptr, "bat"},      {3, "non", "lin"},
};

constexpr const char *kAccuracyLegend = "test acc%   % of the test samples that the network gets right",
                     *kShareLegend = "test R^2    share of the test targets' variance that the network explains";

constexpr const char* kLegend[] = {
    "time s/ep   seconds per epoch",
    "cost ns/x   ns per element of the activation itself, forward and backward",
    "grad. span  gradient at the first hidden layer over that at the last one",
    "saturated   % of units flat on > 90 % of samples; (48): % of pairs, half is fine",
    "dead units  % with slope 0 on every sample: beginning, end, and revived",
    "off-centre  % of the mean square output that is the squared mean: 0 is best",
    "1-signed    % of samples whose layer input has one sign; % of units per batch",
    "non-linear  % of the output that no straight line through the inputs gives",
};

/// What stands in a cell, and whether a mark follows it.
struct Cell {
  std::string text;
  bool alarm = false;
};

using Row = std::vector<Cell>;

/// "3e-5": one digit and the exponent.
std::string one_digit(double value) {
  std::string text = fmt::format("{:.0e}", value);
  const std::size_t e = text.find('e');
  if (e == std::string::npos) return text;
  const int exponent = std::stoi(text.substr(e + 1));
  return fmt::format("{}e{}", text.substr(0, e), exponent);
}

/// A positive number in about three digits and at most `width` columns.
std::string number_cell(const std::optional<double>& value, int width) {
  if (!value) return "-";
  if (!std::isfinite(*value)) return std::isnan(*value) ? "nan" : "inf";
  const std::string text = fmt::format("{:.{}f}", *value, *value < 9.995 ? 2 : *value < 99.95 ? 1 : 0);
  return static_cast<int>(text.size()) <= width ? text : one_digit(*value);
}

std::string accuracy_cell(const std::optional<double>& accuracy) {
  if (!accuracy) return "-";
  return *accuracy == 1 ? "100" : fmt::format("{:.1f}", std::min(99.9, 100 * *accuracy));
}

/// R^2 in at most 4 columns: 1.00 only where nothing is left.
std::string share_explained(const std::optional<double>& r_squared) {
  if (!r_squared) return "-";
  if (*r_squared >= 0.995 && *r_squared < 1) return ">.99";
  if (*r_squared < -9.95) return "<-9";
  return fmt::format("{:.{}f}", *r_squared, *r_squared >= 0 ? 2 : 1);
}

std::string size_cell(const std::optional<double>& value) {
  if (!value) return "-";
  return *value == 0 ? "0" : one_digit(*value);
}

/// The share of saturated units, or in brackets that of inactive pairs.
std::string saturated_cell(const LayerMeasures& measures) {
  if (!measures.saturated && measures.inactive) return "(" + share_cell(measures.inactive) + ")";
  return share_cell(measures.saturated);
}

void fill_measures(Row& row, const LayerMeasures& measures, const Alarms& alarms) {
  row[kSaturated] = {saturated_cell(measures), alarms.saturated};
  row[kDeadStart] = {share_cell(measures.dead_start)};
  row[kDead] = {share_cell(measures.dead), alarms.dead};
  row[kRevived] = {share_cell(measures.revived)};
  row[kOffCentre] = {share_cell(measures.off_centre), alarms.off_centre};
  row[kOneSigned] = {share_cell(measures.one_signed)};
  row[kOneSignedBatch] = {share_cell(measures.one_signed_batch), alarms.one_signed};
  row[kNonlinear] = {share_cell(measures.nonlinear_use), alarms.nonlinear_use};
}

Row result_row(const Result& result) {
  const Diagnosis& d = result.diagnosis;
  Row row(std::size(kColumns));
  const bool classifies = result.task == Task::kClassification;
  row[kAccuracy] = {classifies ? accuracy_cell(result.test_accuracy) : share_explained(result.r_squared), d.alarms.accuracy};
  row[kLoss] = {number_cell(result.train_loss, 5)};
  row[kTime] = {number_cell(result.seconds_per_epoch, 4)};
  row[kCost] = {number_cell(result.ns_per_element, 4)};
  row[kSpanStart] = {span_cell(d.gradient_span_start), d.alarms.span_start};
  row[kSpanEnd] = {span_cell(d.gradient_span_end), d.alarms.span_end};
  fill_measures(row, d.worst, d.alarms);
  return row;
}

Row layer_row(const LayerMeasures& layer) {
  Row row(std::size(kColumns));
  row[kSpanEnd] = {size_cell(layer.grad_rms)};
  fill_measures(row, layer, Alarms());
  return row;
}

std::string marked(const std::string& text, Colour colour) { return colour == Colour::kOn ? "\x1b[1;31m" + text + "\x1b[0m" : text; }

/// The name, then the cells right-aligned in their columns. A mark stands where otherwise the space between two columns is.
std::string line_of(const std::string& name, const Row& row, Colour colour) {
  std::string line;
  if (name.size() > kNameWidth) {
    line = wrap(name) + std::string(kNameWidth, ' ');
  } else {
    line = fmt::format("{:<{}}", name, kNameWidth);
  }
  bool mark = false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!mark) line += ' ';
    mark = row[i].alarm;
    const std::string text = row[i].text + (mark ? "!" : "");
    line.append(std::max<int>(0, kColumns[i].width - static_cast<int>(row[i].text.size())), ' ');
    line += mark ? marked(text, colour) : text;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

/// The two lines above the rows: the upper headings are centred over the columns that they reach over.
std::string heading(Task task) {
  std::string above(kNameWidth, ' '), head = fmt::format("{:<{}}", "activation", kNameWidth);
  for (std::size_t i = 0; i < std::size(kColumns); ++i) {
    const bool explains = i == kAccuracy && task != Task::kClassification;
    head += fmt::format(" {:>{}}", explains ? "R^2" : kColumns[i].head, kColumns[i].width);
    if (kColumns[i].above == nullptr) continue;
    int width = kColumns[i].width;
    for (std::size_t j = i + 1; j < std::size(kColumns) && kColumns[j].above == nullptr; ++j) width += 1 + kColumns[j].width;
    above += fmt::format(" {:^{}}", kColumns[i].above, width);
  }
  above.erase(above.find_last_not_of(' ') + 1);
  return above + "\n" + head + "\n";
}

/// What people call the activation.
const std::string& name_of(const Result& result) { return result.name.empty() ? result.activation : result.name; }

/// The row of a trial without numbers: what went wrong, in their place.
std::string trouble(const Result& result, Colour colour) {
  std::string what = "failed: " + result.error;
  if (result.error.empty() && result.non_finite) {
    what = fmt::format("not finite at step {}: {}, {}", result.non_finite->step, result.non_finite->layer, result.non_finite->direction);
  }
  const std::string& name = name_of(result);
  const bool beside = name.size() <= kNameWidth;
  std::string text = wrap_beside(beside ? name : "", kNameWidth + 1, what + "!");
  text.pop_back();
  return (beside ? "" : wrap(name)) + marked(text, colour) + "\n";
}

bool has_numbers(const Result& result) { return result.error.empty() && result.state == RunState::kFinished; }
bool has_row(const Result& result) { return !result.error.empty() || result.state != RunState::kInterrupted; }

std::string rows_text(std::span<const Result> results, const TableStyle& style) {
  std::string text;
  for (const Result& result : results) {
    if (!has_row(result)) continue;
    if (!has_numbers(result)) {
      text += trouble(result, style.colour);
      continue;
    }
    text += line_of(name_of(result), result_row(result), style.colour);
    if (style.detail != Detail::kLayers) continue;
    for (const LayerMeasures& layer : result.diagnosis.layers) text += line_of(" " + layer.name, layer_row(layer), style.colour);
  }
  return text;
}

std::string settings_text(std::span<const Result> results) {
  const Result& first = results.front();
  const std::string seeds = first.seeds == 1
                                ? fmt::format("seed {}", first.seed)
                                : fmt::format("seeds {}-{}", first.seed, first.seed + static_cast<std::uint64_t>(first.seeds) - 1);
  std::string text = wrap(fmt::format("{}, {}, {}, init {}, {}", first.data, first.net, settings_text(first), first.init, seeds));
  const auto known = std::find_if(results.begin(), results.end(), [](const Result& r) { return r.data_off_centre.has_value(); });
  if (known != results.end()) text += wrap(fmt::format("The data's own off-centre value is {}.", percent_text(*known->data_off_centre)));
  return text;
}

std::string legend_text(const Result& first, Detail detail) {
  std::string text = std::string(first.task == Task::kClassification ? kAccuracyLegend : kShareLegend) + "\n";
  text += fmt::format("train loss  mean loss over the last epoch: {}\n", first.loss);
  for (const char* line : kLegend) text += std::string(line) + "\n";
  text += "!           something is wrong; shares are the worst layer's, after training\n";
  if (detail == Detail::kLayers) text += "In a layer's row the rms of its gradient stands in place of the span.\n";
  return text;
}

/// Of regression: what each activation's network errs by, in the units of the targets.
std::string errors_text(std::span<const Result> results) {
  std::string text;
  const auto first = std::find_if(results.begin(), results.end(), has_numbers);
  for (std::size_t j = 0; first != results.end() && j < first->rms_errors.size(); ++j) {
    std::vector<std::string> errors;
    for (const Result& result : results) {
      if (has_numbers(result)) errors.push_back(name_of(result) + " " + quantity_text(result.rms_errors[j]));
    }
    text += wrap(fmt::format("rms error of {} on the test samples: {}", target_name(first->targets, j), fmt::join(errors, ", ")));
  }
  return text.empty() ? "" : text + "\n";
}

std::string interrupted_text(std::span<const Result> results) {
  std::vector<std::string> names;
  for (const Result& result : results) {
    if (!has_row(result) && std::find(names.begin(), names.end(), name_of(result)) == names.end()) names.push_back(name_of(result));
  }
  return names.empty() ? "" : wrap(fmt::format("Interrupted before the end: {}.", fmt::join(names, ", ")));
}

}  // namespace

std::string share_cell(const std::optional<double>& share) {
  if (!share || !std::isfinite(*share)) return "-";
  const double percent = 100 * *share;
  if (percent > 0 && percent < 0.5) return "<1";
  if (percent < 100 && percent >= 99.5) return ">99";
  return fmt::format("{:.0f}", percent);
}

std::string span_cell(const std::optional<double>& log10_ratio) {
  if (!log10_ratio || std::isnan(*log10_ratio)) return "-";
  const double size = std::abs(*log10_ratio);
  if (size < 2.995 || std::isinf(size)) return span_text(*log10_ratio);
  if (size >= 9.5) return fmt::format("{}e{}", *log10_ratio < 0 ? "1" : "x1", std::lround(*log10_ratio));
  return (*log10_ratio < 0 ? "1/" : "x") + one_digit(std::pow(10, size));
}

std::string comparison_text(std::span<const Result> results, const TableStyle& style) {
  const bool any = std::any_of(results.begin(), results.end(), has_row);
  if (!any) return interrupted_text(results);
  std::string text = settings_text(results) + "\n" + heading(results.front().task) + rows_text(results, style) + "\n" +
                     errors_text(results) + legend_text(results.front(), style.detail) + "\n";
  int seeds = 1;
  for (const Result& result : results) {
    seeds = std::max(seeds, result.seeds);
    if (has_row(result) && !result.diagnosis.verdict.empty()) text += wrap(result.diagnosis.verdict, 2);
  }
  text += interrupted_text(results);
  const std::string trials = seeds == 1 ? "one seed" : fmt::format("mean of {} seeds", seeds);
  return text + "\n" + trials + ", one learning rate: this shows mechanisms, it is no ranking\n";
}

}  // namespace rectify
