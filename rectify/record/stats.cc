#include "rectify/record/stats.h"

#include <cassert>

namespace rectify {
namespace {

template <class T>
void add(std::vector<T>& to, const std::vector<T>& from) {
  assert(to.size() == from.size());
  for (size_t i = 0; i < to.size(); ++i) to[i] += from[i];
}

}  // namespace

UnitSums UnitSums::zeros(std::int64_t units, int pieces) {
  UnitSums sums;
  for (auto* v : {&sums.x, &sums.xx, &sums.y, &sums.yy, &sums.xy, &sums.dd}) v->assign(units, 0);
  sums.zero.assign(units * pieces, 0);
  sums.flat.assign(units, 0);
  return sums;
}

void UnitSums::merge(const UnitSums& other) {
  samples += other.samples;
  add(x, other.x);
  add(xx, other.xx);
  add(y, other.y);
  add(yy, other.yy);
  add(xy, other.xy);
  add(dd, other.dd);
  add(zero, other.zero);
  add(flat, other.flat);
  for (int i = 0; i < kHistogramBins; ++i) histogram[i] += other.histogram[i];
}

void LayerStats::merge(const LayerStats& other) {
  sums.merge(other.sums);
  gradient_square += other.gradient_square;
  gradient_count += other.gradient_count;
  input_samples += other.input_samples;
  one_signed_samples += other.one_signed_samples;
  gradient_units += other.gradient_units;
  one_signed_units += other.one_signed_units;
}

void NetworkStats::merge(const NetworkStats& other) {
  assert(layers.size() == other.layers.size());
  for (size_t i = 0; i < layers.size(); ++i) layers[i].merge(other.layers[i]);
}

}  // namespace rectify
