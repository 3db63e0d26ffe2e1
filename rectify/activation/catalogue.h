// How the catalogue is found by name.
#pragma once

#include <optional>
#include <string_view>

#include "rectify/activation/kernels.h"

namespace rectify {

/// An entry and its kernels' place.
struct CatalogueMatch {
  const CatalogueEntry* entry;
  const Family* family;  ///< null where kernels are not to be taken
  std::size_t index;     ///< in the family
};

/// The entry that `name` or one of its aliases names.
std::optional<CatalogueMatch> find_in_catalogue(std::string_view name);

/// Resolves catalogue names inside formulas.
std::optional<Formula> resolve_name(std::string_view name);

}  // namespace rectify
