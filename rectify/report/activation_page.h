// The catalogue as a page of Markdown: docs/activations.md.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "rectify/activation/activation.h"
#include "rectify/record/portrait.h"

namespace rectify {

/// How far an activation's arrays are from the true values, on the worst target. In ULP, as docs/accuracy.md spells it.
struct Accuracy {
  std::string forward, gradient;
};

/// What docs/accuracy.md says, by activation. Lines that are no rows of its tables are skipped.
std::map<std::string, Accuracy> read_accuracy(std::string_view page);

/// The page about the activations of `portraits`, all of the catalogue, and about `layers`.
std::string activation_page(std::span<const Portrait> portraits, std::span<const CatalogueEntry> layers,
                            const std::map<std::string, Accuracy>& accuracy);

}  // namespace rectify
