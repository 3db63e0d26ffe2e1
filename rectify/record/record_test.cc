#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rectify/record/stats.h"
#include "rectify/record/text.h"

namespace rectify {
namespace {

TEST(Text, writes_shares_as_people_do) {
  EXPECT_EQ(percent_text(0), "0 %");
  EXPECT_EQ(percent_text(0.0004), "<0.1 %");
  EXPECT_EQ(percent_text(0.004), "0.4 %");
  EXPECT_EQ(percent_text(0.4849), "48 %");
  EXPECT_EQ(percent_text(1), "100 %");
}

TEST(Text, writes_spans_as_ratios) {
  EXPECT_EQ(span_text(-2.8451), "1/700");
  EXPECT_EQ(span_text(1.602), "x40");
  EXPECT_EQ(span_text(0), "x1");
  EXPECT_EQ(span_text(-0.01), "x1");
  EXPECT_EQ(span_text(0.114), "x1.3");
  EXPECT_EQ(span_text(-0.176), "1/1.5");
  EXPECT_EQ(span_text(-12), "1/1e12");
  EXPECT_EQ(span_text(std::log10(9.7e6)), "x1e7");
  EXPECT_EQ(span_text(-std::numeric_limits<double>::infinity()), "none");
}

TEST(Text, writes_short_numbers) {
  EXPECT_EQ(short_text(0.25), "0.25");
  EXPECT_EQ(short_text(4.7226), "4.7");
  EXPECT_EQ(short_text(0.0163), "0.016");
  EXPECT_EQ(short_text(720.4), "720");
  EXPECT_EQ(short_text(-0.5), "-0.5");
  EXPECT_EQ(quantity_text(0.5), "0.5");
  EXPECT_EQ(quantity_text(9999.4), "9999");
  EXPECT_EQ(quantity_text(9999.6), "10000");
  EXPECT_EQ(quantity_text(17262.3), "17260");
  EXPECT_EQ(quantity_text(-123456789), "-123500000");
  EXPECT_EQ(quantity_text(3e15), "3e+15");
  EXPECT_EQ(quantity_text(1.25e-7), "1.25e-07");
}

TEST(Stats, merging_adds) {
  LayerStats a{"hidden 1", "relu", UnitSums::zeros(2)}, b = a;
  a.sums.samples = 3;
  a.sums.x = {1, 2};
  a.sums.zero = {3, 0};
  a.gradient_square = 0.5;
  b.sums.samples = 4;
  b.sums.x = {10, 20};
  b.sums.histogram[5] = 7;
  b.one_signed_units = 2;
  a.merge(b);
  EXPECT_EQ(a.sums.samples, 7);
  EXPECT_EQ(a.sums.x, (std::vector<double>{11, 22}));
  EXPECT_EQ(a.sums.zero, (std::vector<std::int64_t>{3, 0}));
  EXPECT_EQ(a.sums.histogram[5], 7);
  EXPECT_EQ(a.gradient_square, 0.5);
  EXPECT_EQ(a.one_signed_units, 2);
}

}  // namespace
}  // namespace rectify
