#include "rectify/report/json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "rectify/record/text.h"

namespace rectify {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }

Json numbers(std::span<const double> values) {
  Json array = Json::array();
  for (const double value : values) array.push_back(number(value));
  return array;
}

const char* state_name(const Result& result) {
  if (!result.error.empty()) return "failed";
  switch (result.state) {
    case RunState::kFinished: return "finished";
    case RunState::kNonFinite: return "not finite";
    case RunState::kInterrupted: break;
  }
  return "interrupted";
}

Json layer_json(const LayerMeasures& layer) {
  return {{"name", layer.name},
          {"saturated", number(layer.saturated)},
          {"inactive", number(layer.inactive)},
          {"dead", number(layer.dead)},
          {"dead_start", number(layer.dead_start)},
          {"revived", number(layer.revived)},
          {"off_centre", number(layer.off_centre)},
          {"one_signed", number(layer.one_signed)},
          {"one_signed_batch", number(layer.one_signed_batch)},
          {"nonlinear_use", number(layer.nonlinear_use)},
          {"grad_rms", number(layer.grad_rms)}};
}

Json non_finite_json(const std::optional<NonFinite>& place) {
  if (!place) return nullptr;
  return {{"step", place->step}, {"layer", place->layer}, {"direction", place->direction}};
}

Json run_json(const Result& result) {
  const Diagnosis& d = result.diagnosis;
  Json layers = Json::array(), learnt = Json::array();
  for (const LayerMeasures& layer : d.layers) layers.push_back(layer_json(layer));
  for (const std::vector<double>& values : result.learnt) learnt.push_back(numbers(values));
  return {{"activation", result.activation},
          {"seed", result.seed},
          {"state", state_name(result)},
          {"error", result.error.empty() ? Json(nullptr) : Json(result.error)},
          {"non_finite", non_finite_json(result.non_finite)},
          {"task", task_text(result.task)},
          {"loss", result.loss},
          {"data", result.data},
          {"net", result.net},
          {"init", result.init},
          {"optimizer", result.optimizer},
          {"schedule", result.schedule},
          {"clip", number(result.clip)},
          {"epochs", result.epochs},
          {"batch", result.batch},
          {"learning_rate", number(result.learning_rate)},
          {"augment", result.augmentation.empty() ? Json(nullptr) : Json(result.augmentation)},
          {"test_accuracy", number(result.test_accuracy)},
          {"test_loss", number(result.test_loss)},
          {"r_squared", number(result.r_squared)},
          {"targets", result.targets},
          {"rms_errors", numbers(result.rms_errors)},
          {"train_loss", number(result.train_loss)},
          {"epoch_loss", numbers(result.epoch_loss)},
          {"seconds_per_epoch", number(result.seconds_per_epoch)},
          {"threads", result.threads},
          {"ns_per_element", number(result.ns_per_element)},
          {"data_off_centre", number(result.data_off_centre)},
          {"gradient_span_start", number(d.gradient_span_start)},
          {"gradient_span_end", number(d.gradient_span_end)},
          {"layers", layers},
          {"learnt", learnt},
          {"verdict", d.verdict.empty() ? Json(nullptr) : Json(d.verdict)}};
}

const char* verdict_name(StudyVerdict verdict) {
  switch (verdict) {
    case StudyVerdict::kHolds: return "holds";
    case StudyVerdict::kHoldsIf: return "holds if";
    case StudyVerdict::kNotFound: return "not found here";
    case StudyVerdict::kWrong: return "wrong";
    case StudyVerdict::kNotMeasured: break;
  }
  return "could not be measured";
}

Json edge_name(RateEdge edge) {
  if (edge == RateEdge::kNone) return nullptr;
  return edge == RateEdge::kLowest ? "lowest" : "highest";
}

Json table_json(const StudyTable& table) {
  constexpr const char* kUnits[] = {"share", "share of seeds", "log10 of a ratio", "number"};
  Json columns = Json::array(), rows = Json::array();
  for (const StudyColumn& c : table.columns) {
    columns.push_back({{"head", c.head}, {"unit", kUnits[static_cast<int>(c.unit)]}, {"meaning", c.meaning}});
  }
  for (const StudyRow& row : table.rows) {
    Json cells = Json::array();
    for (const Estimate& e : row.cells) {
      cells.push_back({{"mean", number(e.mean)},
                       {"margin", number(e.margin)},
                       {"count", e.count},
                       {"lowest", number(e.lowest)},
                       {"highest", number(e.highest)}});
    }
    rows.push_back({{"labels", row.labels},
                    {"learning_rate", number(row.learning_rate)},
                    {"rate_edge", edge_name(row.edge)},
                    {"remark", row.remark.empty() ? Json(nullptr) : Json(row.remark)},
                    {"cells", cells}});
  }
  return {{"title", table.title}, {"label_heads", table.label_heads}, {"columns", columns}, {"rows", rows}};
}

Json study_json(const StudyRecord& study) {
  Json terms = Json::object(), tables = Json::array();
  for (const StudyTerm& term : study.terms) terms[term.word] = term.meaning;
  for (const StudyTable& table : study.tables) tables.push_back(table_json(table));
  return {{"name", study.name},
          {"claim", study.claim},
          {"verdict", verdict_name(study.verdict)},
          {"condition", study.condition.empty() ? Json(nullptr) : Json(study.condition)},
          {"conclusion", study.conclusion},
          {"method", study.method},
          {"budget", study.budget},
          {"seeds", study.seeds},
          {"seconds", number(study.seconds)},
          {"elapsed", number(study.elapsed)},
          {"threads", study.threads},
          {"trials", study.trials},
          {"stored_trials", study.stored},
          {"terms", terms},
          {"tables", tables}};
}

/// Names of files may hold any bytes; those that are no UTF-8 are replaced.
std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string to_json(std::span<const Result> results) {
  Json runs = Json::array();
  for (const Result& result : results) runs.push_back(run_json(result));
  return dump({{"schema", 1}, {"runs", runs}});
}

std::string to_json(std::span<const StudyRecord> studies) {
  Json all = Json::array();
  for (const StudyRecord& study : studies) all.push_back(study_json(study));
  return dump({{"schema", 1}, {"studies", all}});
}

namespace {

Json to_json(const ArrayError& error) {
  return {{"most", number(error.most)}, {"at", number(error.at)}, {"at_root", error.at_root},    {"usual", number(error.usual)},
          {"mean", number(error.mean)}, {"told", error.told},     {"no_number", error.no_number}};
}

Json to_json(const std::optional<Rounding>& rounding) {
  if (!rounding) return nullptr;
  return {{"target", rounding->target}, {"value", to_json(rounding->value)}, {"slope", to_json(rounding->slope)}};
}

}  // namespace

std::string to_json(const Portrait& p) {
  Json parameters = Json::object(), curve = Json::array();
  for (const auto& [name, value] : p.parameters) parameters[name] = number(value);
  for (const CurvePoint& point : p.curve) curve.push_back({number(point.x), number(point.value), number(point.slope)});
  return dump({{"schema", 1},
               {"name", p.name},
               {"spec", p.spec},
               {"formula", p.formula},
               {"derivative", p.derivative},
               {"derivative_from_output", p.derivative_from_output ? Json(*p.derivative_from_output) : Json(nullptr)},
               {"latex", p.latex},
               {"parameters", parameters},
               {"learnt", p.learnt},
               {"known_as", p.known_as ? Json(*p.known_as) : Json(nullptr)},
               {"lower", number(p.lower)},
               {"upper", number(p.upper)},
               {"monotone", p.monotone},
               {"kinks", numbers(p.kinks)},
               {"saturates", p.saturates},
               {"sup_slope", number(p.sup_slope)},
               {"mean", number(p.mean)},
               {"second_moment", number(p.second)},
               {"slope_second_moment", number(p.slope_second)},
               {"linear_share", number(p.linear_share)},
               {"forward_gain", number(p.forward_gain)},
               {"backward_gain", number(p.backward_gain)},
               {"kernel", p.has_kernel ? "hand-written" : "tiles"},
               {"ulp", to_json(p.rounding)},
               {"curve", curve}});
}

std::string to_json(const std::string& a, const std::string& b, std::span<const Difference> differences) {
  Json array = Json::array();
  for (const Difference& d : differences) {
    array.push_back(
        {{"low", d.low}, {"high", d.high}, {"largest", number(d.largest)}, {"at", number(d.at)}, {"a", number(d.a)}, {"b", number(d.b)}});
  }
  return dump({{"schema", 1}, {"a", a}, {"b", b}, {"differences", array}});
}

}  // namespace rectify
