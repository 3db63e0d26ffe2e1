#include "state.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "rectify/report/output_file.h"

namespace rectify::certify {
namespace {

using nlohmann::json;

json to_json(const Worst& w) { return {w.error, w.x}; }
Worst worst_from(const json& j) { return {j.at(0).get<double>(), j.at(1).get<float>()}; }

json to_json(const Measure& m) {
  return {{"normal", m.normal},
          {"ulp_sum", m.ulp_sum},
          {"ulp", to_json(m.ulp)},
          {"subnormal", to_json(m.subnormal)},
          {"absolute", to_json(m.absolute)},
          {"near_root", to_json(m.near_root)},
          {"share", to_json(m.share)},
          {"wrong", m.wrong},
          {"first_wrong", std::isfinite(m.first_wrong) ? json(m.first_wrong) : json(std::to_string(m.first_wrong))},
          {"unjudged", m.unjudged},
          {"digest", m.digest}};
}

Measure measure_from(const json& j) {
  Measure m;
  m.normal = j.at("normal");
  m.ulp_sum = j.at("ulp_sum");
  m.ulp = worst_from(j.at("ulp"));
  m.subnormal = worst_from(j.at("subnormal"));
  m.absolute = worst_from(j.at("absolute"));
  m.near_root = worst_from(j.at("near_root"));
  m.share = worst_from(j.at("share"));
  m.wrong = j.at("wrong");
  const json& first = j.at("first_wrong");
  m.first_wrong = first.is_string() ? std::stof(first.get<std::string>()) : first.get<float>();  // JSON has no infinity
  m.unjudged = j.at("unjudged");
  m.digest = j.at("digest");
  return m;
}

}  // namespace

std::optional<State> load_state(const std::filesystem::path& file, const std::string& sources, const std::vector<std::string>& targets) {
  std::ifstream in(file);
  if (!in) return std::nullopt;
  try {
    const json j = json::parse(in);
    State state{j.at("sources"), j.at("done"), {}};
    if (state.sources != sources) return std::nullopt;
    for (const std::string& target : targets) {
      const json& both = j.at("findings").at(target);
      state.findings[target] = {measure_from(both.at(0)), measure_from(both.at(1))};
    }
    return state;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

void save_state(const std::filesystem::path& file, const State& state) {
  json j{{"sources", state.sources}, {"done", state.done}, {"findings", json::object()}};
  for (const auto& [target, both] : state.findings) j["findings"][target] = {to_json(both[0]), to_json(both[1])};
  std::filesystem::create_directories(file.parent_path());
  write_whole(file, j.dump(1) + "\n");
}

}  // namespace rectify::certify
