// An activation function of your own: one line, and everything else follows.
#include <cstdio>
#include <string>

#include "rectify/activation/activation.h"
#include "rectify/formula/formula.h"

int main() {
  const rectify::Activation mine("mine = x * sigmoid(b * x); b = 1.5 learn");
  const std::string derivative = rectify::to_text(mine.derivative(), mine.parameters());
  const rectify::Facts& facts = mine.facts();
  std::printf("%s\n", mine.spec().c_str());
  std::printf("derivative  %s\n", derivative.c_str());
  std::printf("range       %g to %g, %s\n", facts.lower, facts.upper, facts.monotone ? "monotone" : "not monotone");
  std::printf("f(1) = %.9g, f'(1) = %.9g, df/db(1) = %.9g\n", mine.value(1), mine.slope(1), mine.parameter_slope(1, 0));
}
