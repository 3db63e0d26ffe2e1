// The catalogue as `rectify list` prints it.
#pragma once

#include <span>
#include <string>

#include "rectify/activation/activation.h"
#include "rectify/activation/compat.h"

namespace rectify {

/// Name, formula and source of each entry, by group, with its other names and what frameworks take instead of its defaults. With a
/// framework's `compat`: what it has of them, with its names, parameters and defaults.
std::string catalogue_text(std::span<const CatalogueEntry> entries, const Compat& compat = {});

/// What a framework has beyond the catalogue, likewise; "" where nothing.
std::string uncatalogued_text(const Compat& compat);

/// What frameworks take instead of an entry's defaults: "slope=0.2 in keras (function), tensorflow; slope=0.1 in darknet".
std::string differences_text(const CatalogueEntry& entry);

}  // namespace rectify
