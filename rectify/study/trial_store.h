// Finished trials in a file, so that an interrupted study goes on where it stopped.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "rectify/study/findings.h"

namespace rectify {

/// The trials of one study: a line of JSON each, {"trial": "all that decides its result", "measures": {"accuracy": 0.9}}, added as they
/// finish. Safe to use from several threads, not from several processes.
class TrialStore {
 public:
  /// Keeps nothing.
  TrialStore() = default;
  /// Reads `file` where there is one, and makes its folder where there is none. A line that was not written to its end is skipped.
  /// Errors: [store] file, reason.
  explicit TrialStore(std::filesystem::path file);

  std::optional<Measures> find(const std::string& trial) const;
  /// Errors: [store] file, reason.
  void add(const std::string& trial, const Measures& measures);

 private:
  mutable std::mutex mutex_;
  std::filesystem::path file_;
  std::map<std::string, Measures> trials_;
};

}  // namespace rectify
