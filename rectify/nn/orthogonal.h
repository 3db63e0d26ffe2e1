// Orthogonal matrices.
#pragma once

#include <cstdint>
#include <span>

#include "rectify/base/random.h"

namespace rectify {

/// Fills a matrix [rows, columns] with one whose rows are orthonormal, or its columns where it has more rows, drawn uniformly from all of
/// them: the Q of the QR of a Gaussian matrix whose R has a positive diagonal, by Gram and Schmidt in double. Takes 2 rows columns
/// min(rows, columns) multiplications, up to twice as many where vectors have to be made orthogonal again. Sources: Saxe et al. 2014,
/// section 3; Mezzadri 2007, "How to generate random matrices from the classical compact groups".
void fill_orthogonal(std::span<float> matrix, std::int64_t rows, std::int64_t columns, Random& random);

}  // namespace rectify
