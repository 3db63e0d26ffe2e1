#include "rectify/activation/catalogue.h"

#include <algorithm>
#include <array>

namespace rectify {
namespace {

const std::array<Family, 5>& families() {
  static const std::array<Family, 5> kFamilies{lecture_family(), piecewise_family(), exponential_family(), gated_family(),
                                               formula_family()};
  return kFamilies;
}

constexpr CatalogueEntry kLayers[] = {
    {"maxout", "", "max_j (w_j . x + b_j), j = 1 .. k; k = 2", "layers", "Goodfellow et al. 2013"},
    {"softmax", "", "exp(x_i) / sum_j exp(x_j)", "layers", "Bridle 1990"},
    {"log_softmax", "logsoftmax", "x_i - log(sum_j exp(x_j))", "layers", "the logarithm of softmax"},
    {"glu", "", "a * sigmoid(b)", "layers", "Dauphin et al. 2017"},
    {"reglu", "", "a * relu(b)", "layers", "Shazeer 2020"},
    {"geglu", "", "a * gelu(b)", "layers", "Shazeer 2020"},
    {"swiglu", "", "a * silu(b)", "layers", "Shazeer 2020"},
    {"bilinear", "", "a * b", "layers", "Mnih and Hinton 2007; Shazeer 2020"},
};

/// What else an entry is called. Aliases stand in the entries; those of a hand-written kernel are part of what its certificate was measured
/// for, so names that came later stand here.
struct OtherName {
  std::string_view name, entry;
};
// Hugging Face's transformers, activations.py: ACT2FN.
constexpr OtherName kOtherNames[] = {
    {"gelu_erf", "gelu"},           {"gelu_python", "gelu"}, {"gelu_fast", "gelu_tanh"}, {"gelu_pytorch_tanh", "gelu_tanh"},
    {"gelu_accurate", "gelu_tanh"},
};

/// All aliases of an entry, separated by spaces.
std::string aliases_of(const CatalogueEntry& entry) {
  std::string aliases(entry.aliases);
  for (const OtherName& other : kOtherNames) {
    if (other.entry == entry.name) aliases.append(aliases.empty() ? "" : " ").append(other.name);
  }
  return aliases;
}

/// The place of an entry's group: a family has entries of several.
std::size_t rank(const CatalogueEntry& entry) {
  constexpr std::string_view kGroups[] = {"lecture", "standard", "further"};
  return std::find(std::begin(kGroups), std::end(kGroups), entry.group) - std::begin(kGroups);
}

bool is_named(const CatalogueEntry& entry, std::string_view name) {
  if (entry.name == name) return true;
  std::string_view rest = entry.aliases;
  while (!rest.empty()) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    if (rest.substr(0, space) == name) return true;
    rest.remove_prefix(std::min(space + 1, rest.size()));
  }
  return false;
}

}  // namespace

std::span<const CatalogueEntry> catalogue() {
  static std::vector<std::string> aliases;  // what the entries' views are of
  static const std::vector<CatalogueEntry> kEntries = [] {
    std::vector<CatalogueEntry> all;
    for (const Family& family : families()) all.insert(all.end(), family.entries.begin(), family.entries.end());
    for (const CatalogueEntry& entry : all) aliases.push_back(aliases_of(entry));
    for (std::size_t i = 0; i < all.size(); ++i) all[i].aliases = aliases[i];
    std::stable_sort(all.begin(), all.end(), [](const CatalogueEntry& a, const CatalogueEntry& b) { return rank(a) < rank(b); });
    return all;
  }();
  return kEntries;
}

std::span<const CatalogueEntry> layer_catalogue() { return kLayers; }

std::vector<std::string> catalogue_names() {
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : catalogue()) names.emplace_back(entry.name);
  return names;
}

std::optional<CatalogueMatch> find_in_catalogue(std::string_view name) {
  for (const OtherName& other : kOtherNames) {
    if (other.name == name) return find_in_catalogue(other.entry);
  }
  for (const Family& family : families()) {
    for (std::size_t i = 0; i < family.entries.size(); ++i) {
      if (is_named(family.entries[i], name)) return CatalogueMatch{&family.entries[i], &family, i};
    }
  }
  return std::nullopt;
}

std::optional<Formula> resolve_name(std::string_view name) {
  const auto match = find_in_catalogue(name);
  if (!match) return std::nullopt;
  return parse_formula(match->entry->formula, resolve_name);
}

}  // namespace rectify
