// Initial weights.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rectify/nn/parameter_store.h"

namespace rectify {

/// How the variance of a weight follows from the fans; all but the orthogonal ones draw from a normal distribution.
enum class InitScheme {
  kAuto,  ///< gain^2 / fan_in, the gain 1/sqrt(E f^2) of the activation that the layer reads; 1 for the first, which reads data of variance
          ///< 1
  kHe,    ///< 2 / fan_in (He et al. 2015, eq. 10)
  kGlorot,      ///< 2 / (fan_in + fan_out) (Glorot and Bengio 2010, eq. 12)
  kLecun,       ///< 1 / fan_in (LeCun et al. 1998, eq. 16)
  kOrthogonal,  ///< an orthogonal matrix times the gain that auto takes (Saxe et al. 2014)
  kCritical,  ///< the edge of chaos of the activation that the layer reads, biases drawn too (Schoenholz et al. 2017): see critical_point()
  kLsuv,      ///< orthogonal, to be scaled by the data afterwards: see scale_to_deviation()
};

/// What `--init NAME[,gain=G][,scale=S][,bias=B]` says.
struct Initialisation {
  InitScheme scheme = InitScheme::kAuto;
  /// In every layer but the first it takes the place of the activation's gain for auto and orthogonal, and multiplies the standard
  /// deviation otherwise; of lsuv it is the standard deviation that every layer is scaled to.
  std::optional<double> gain;
  double scale = 1;  ///< multiplies all weights of hidden layers, the first one's too; the output layer keeps its own
  double bias = 0;   ///< of hidden layers

  /// Errors: [init] unknown name or key with the nearest ones, a key given twice, not a number, a scale for lsuv.
  static Initialisation parse(std::string_view text);
  /// The text that parse() reads.
  std::string text() const;
};

/// Errors: [init] critical, of the network or of a node, where an activation of the model has no edge of chaos.
void check(const Model& model, const Initialisation& init);

/// Fills `store` for `model`, each node by its own `init` where it has one: weights from stream `seed`, the same for a weight whatever the
/// other layers are; biases; activation parameters at their SPEC's values.
void initialise(const Model& model, const Initialisation& init, std::uint64_t seed, ParameterStore& store);

}  // namespace rectify
