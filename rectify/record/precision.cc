#include "rectify/record/precision.h"

#include <string>
#include <vector>

#include "rectify/base/settings.h"

namespace rectify {

const char* precision_text(Precision precision) { return precision == Precision::kFloat32 ? "float32" : "bfloat16"; }

Precision parse_precision(std::string_view text) {
  std::vector<std::string> names;
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    if (text == precision_text(precision)) return precision;
    names.emplace_back(precision_text(precision));
  }
  unknown_name("precision", "precision", text, names, "--precision float32");
}

}  // namespace rectify
