// Other frameworks' names and defaults for activations.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/activation/activation.h"

namespace rectify {

/// What a framework calls an activation, and what it is there. A name may have several rows; the first that takes all settings given
/// counts.
struct CompatRow {
  std::string_view framework;   ///< "keras"
  std::string_view name;        ///< "LeakyReLU", as the framework spells it
  std::string_view entry;       ///< "leaky_relu", the catalogue's name; empty where it has none
  std::string_view parameters;  ///< "negative_slope=slope=0.3": its name there, ours, and its default where that is another, ? where it
                                ///< has none there; parted by spaces
  std::string_view formula;     ///< where it is another function than the entry or has other parameters, else empty
  std::string_view note;        ///< "layer", where the framework has several of the name
  std::string_view when;        ///< "approximate=tanh": a setting that chooses this row, a text, in any case and with or without quotes
};

/// All of them, by framework.
std::span<const CompatRow> compat_table();

/// The names, parted by spaces, that a framework has for entries of the catalogue, capitals and underscores aside, without a row.
struct CompatSpellings {
  std::string_view framework, names;
};

std::span<const CompatSpellings> compat_spellings();

/// Whether a row is what its name means without settings.
bool is_default(const CompatRow& row);
/// Those of a row's parameters, as the framework calls them, that have no default there.
std::vector<std::string> required_parameters(const CompatRow& row);
/// The formula of a row, with the framework's names and defaults of the parameters.
Formula formula_of(const CompatRow& row);
/// A SPEC of a row: "leaky_relu(slope=0.3)", or a formula.
std::string spec_of(const CompatRow& row);
/// The rows of all frameworks that give an entry, or what they call by its name, another function or default than the catalogue, or learn
/// it where the catalogue does not, or the other way round.
std::vector<CompatRow> differing_rows(const CatalogueEntry& entry);

/// Whose names and defaults a SPEC is read with. By itself: Rectify's own.
class Compat {
 public:
  Compat() = default;
  /// That of a framework of the table. Errors: [compat] unknown, with the nearest.
  explicit Compat(std::string_view framework);
  /// The frameworks of the table.
  static std::vector<std::string> frameworks();

  bool is_own() const { return framework_.empty(); }

  /// A SPEC that gives Activation what `spec` means in the framework. Names are the framework's, or else the catalogue's; capitals and
  /// underscores do not count, unless the framework itself tells two names apart by them. Formulas are rewritten where they call a name
  /// that means something else. A layer's name stays one. Errors: [activation] unknown name, unknown parameter; [formula].
  std::string translate(std::string_view spec) const;

  /// The framework's rows for an entry; "": for none of the catalogue.
  std::vector<CompatRow> rows_of(std::string_view entry) const;
  /// How the framework spells an entry that it has no row for; "" where it lacks it.
  std::string_view spelling_of(const CatalogueEntry& entry) const;

 private:
  std::vector<CompatRow> find(std::string_view name) const;
  std::string translate_formula(std::string_view text) const;
  std::vector<std::string> names() const;

  std::string framework_;
};

}  // namespace rectify
