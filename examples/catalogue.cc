// The catalogue: what there is, and what is known of each.
#include <cstdio>
#include <string>

#include "rectify/activation/activation.h"
#include "rectify/activation/from_output.h"

int main() {
  std::printf("%-14s %-10s %10s %10s  %s\n", "name", "group", "from", "to", "f' from y = f(x)");
  for (const rectify::CatalogueEntry& entry : rectify::catalogue()) {
    const rectify::Activation activation(entry.name);
    const rectify::Facts& facts = activation.facts();
    const std::string slope = rectify::derivative_from_output_text(activation).value_or("-");
    std::printf("%-14s %-10s %10.4g %10.4g  %s\n", activation.name().c_str(), std::string(entry.group).c_str(), facts.lower, facts.upper,
                slope.c_str());
  }
}
