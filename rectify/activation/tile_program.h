// A formula's program prepared for the tile evaluator.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/activation/tile_ops.h"

namespace rectify {

/// What a tile program reads: tiles readable up to a multiple of kTileStep. Parameter j is parameters[j][0] for the whole tile where they
/// are shared, else a tile.
struct TileInputs {
  const float* x;
  const float* upstream = nullptr;  ///< dy
  std::span<const float* const> parameters;
  Sharing sharing = Sharing::kShared;
};

/// Steps over tiles: constants gathered, results assigned to as few tiles as possible, and what is cheaper together joined (a comparison
/// with its select, 1 / cosh squared).
class TileProgram {
 public:
  /// `upstream`, if given, is the number of the parameter that stands for dy, always a tile.
  explicit TileProgram(const Program& program, std::optional<int> upstream = {});

  /// Tiles of scratch memory that run() needs.
  std::size_t tiles() const { return tiles_ + 1 + outputs_.size(); }

  /// Runs on n values, n a multiple of kTileStep and at most kTile, and sets results[k] to where output k lies: an input, or scratch. Where
  /// the program has one output and `direct` is not null, it is written there; `direct` may be an input.
  void run(const TileOps& ops, const TileInputs& inputs, float* scratch, float* direct, std::span<const float*> results,
           std::size_t n) const;

 private:
  enum class Kind : std::uint8_t { kOperation, kCompareSelect, kSechSquared };
  enum class Place : std::uint8_t { kInput, kUpstream, kConstant, kParameter, kResult };
  struct Operand {
    Place place = Place::kInput;
    std::uint16_t index = 0;  // of the constant, parameter or tile
  };
  struct Step {
    Kind kind;
    Op op;  // of a kCompareSelect the comparison
    std::uint8_t count;
    std::array<Operand, 4> operands;
    std::uint16_t out;  // a tile
  };
  struct Run;
  class Compiler;

  std::vector<Step> steps_;
  std::vector<float> constants_;
  std::vector<Operand> outputs_;
  std::uint16_t tiles_ = 0;
};

}  // namespace rectify
