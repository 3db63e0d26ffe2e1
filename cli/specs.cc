#include "specs.h"

#include "usage.h"

namespace rectify::cli {

CLI::Option* add_compat_option(CLI::App& verb, std::string& framework) {
  return verb.add_option("--compat", framework, "names and defaults of pytorch, keras, onnx, ...")
      ->option_text("FRAMEWORK")
      ->check(not_empty());
}

Compat compat_of(const std::string& framework) {
  return typed([&] { return framework.empty() ? Compat() : Compat(framework); });
}

Activation activation_of(const std::string& spec, const std::string& framework) {
  const Compat compat = compat_of(framework);
  return typed([&] { return Activation(compat.translate(spec)); });
}

}  // namespace rectify::cli
