// The catalogue as `rectify list` prints it.
#pragma once

#include <span>
#include <string>

#include "rectify/activation/activation.h"

namespace rectify {

/// Name, formula and source of each entry, by group.
std::string catalogue_text(std::span<const CatalogueEntry> entries);

}  // namespace rectify
