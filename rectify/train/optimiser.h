// Optimisers: one vectorised pass over a ParameterStore.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/base/aligned.h"
#include "rectify/nn/parameter_store.h"
#include "rectify/simd/optimisers.h"

namespace rectify {

enum class OptimiserKind { kSgd, kAdam, kAdamW, kRmsprop };

/// Whether the gradient is taken where the momentum leads to (Sutskever et al. 2013, section 2).
enum class Nesterov { kOff, kOn };

/// An optimiser's settings. Decay applies to weights only: biases and activation parameters are exempt.
struct OptimiserOptions {
  OptimiserKind kind = OptimiserKind::kSgd;
  double momentum = 0.9;  ///< of SGD: v = momentum v + g, w -= rate v
  Nesterov nesterov = Nesterov::kOff;
  double beta1 = 0.9, beta2 = 0.999;  ///< of Adam (Kingma and Ba 2015, algorithm 1) and AdamW
  double rho = 0.99;           ///< of RMSprop (Tieleman and Hinton 2012): v = rho v + (1 - rho) g^2, w -= rate g / (sqrt(v) + epsilon)
  double epsilon = 1e-8;       ///< of Adam, AdamW and RMSprop
  double weight_decay = 0;     ///< added to the gradient as decay w; of AdamW: w *= 1 - rate decay (Loshchilov and Hutter 2019)
  std::optional<double> clip;  ///< longest gradient of all parameters together; a longer one is scaled down (Pascanu et al. 2013)

  /// "sgd", "adam", "adamw" or "rmsprop", with settings: "sgd,momentum=0.5,decay=1e-4", "sgd,nesterov", "adam,beta1=0.8". The decay is 0
  /// unless given, adamw's 0.01. Errors: [optimizer] unknown name or key with the nearest ones, a key given twice, value out of range.
  static OptimiserOptions parse(std::string_view text);
  /// The text that parse() reads, with the settings that are not the default. It does not tell of clip.
  std::string text() const;
  /// How many values of state a parameter has: 0 (SGD without momentum) to 2 (Adam).
  int states() const;
};

/// An optimiser's state over one store. A step gives the same bits on every SIMD target, with any number of threads, and in every process;
/// padding stays zero. It allocates nothing.
class Optimiser {
 public:
  Optimiser(const OptimiserOptions& options, ParameterStore& store);
  /// One update of all parameters from the store's gradients, by the calling thread's team. Returns whether every parameter is finite
  /// afterwards.
  bool step(double rate);
  /// The length of all gradients together, as clipping sees it. Takes a pass over them.
  double gradient_norm();

 private:
  /// Neighbouring values that decay alike, for one thread.
  struct Piece {
    std::size_t begin, end;
    bool decays;
  };

  void cut(std::size_t begin, std::size_t end, bool decays);
  UpdateStep next_step(double rate);
  template <class Job>
  void for_each_piece(const Job& job);

  OptimiserOptions options_;
  ParameterStore& store_;
  std::vector<Piece> pieces_;
  std::vector<double> squares_;          // of each piece's gradients
  std::vector<std::uint8_t> finite_;     // whether each piece is
  AlignedVector<float> first_, second_;  // momentum; moments
  std::int64_t steps_ = 0;
};

}  // namespace rectify
