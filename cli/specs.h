// Whose names and defaults the SPECs on the command line have.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "rectify/activation/compat.h"

namespace rectify::cli {

/// Adds --compat, which fills `framework`. Returns the option, for its group.
CLI::Option* add_compat_option(CLI::App& verb, std::string& framework);

/// What --compat asks for; Rectify's own where it was not given. Errors: UsageError.
Compat compat_of(const std::string& framework);

/// The activation that `spec` means with --compat `framework`. Errors: UsageError.
Activation activation_of(const std::string& spec, const std::string& framework);

}  // namespace rectify::cli
