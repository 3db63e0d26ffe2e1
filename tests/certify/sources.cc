#include "sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>
#include <vector>

#include "rectify/base/error.h"

namespace rectify::certify {
namespace {

namespace fs = std::filesystem;

/// Fowler, Noll and Vo's hash, 64 bits, variant 1a.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char c : text) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  std::string digits() const { return fmt::format("{:016x}", state_); }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

std::string read(const fs::path& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) fail("certify", fmt::format("cannot read {}", path.string()));
  return text;
}

/// `text` without comments to the end of a line and white space.
std::string bare(const std::string& text) {
  std::string kept;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) i = std::min(text.find('\n', i), text.size());
    if (i < text.size() && !std::isspace(static_cast<unsigned char>(text[i]))) kept += text[i];
  }
  return kept;
}

/// The files directly in `folder` whose name ends so, by name.
std::vector<fs::path> files_in(const fs::path& folder, std::string_view ending) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
  }
  if (error) fail("certify", fmt::format("cannot read {}: {}", folder.string(), error.message()));
  std::sort(found.begin(), found.end());
  return found;
}

/// The file that declares the catalogue entry `name`.
fs::path family_file(const fs::path& root, std::string_view name) {
  std::vector<fs::path> found;
  for (const fs::path& file : files_in(root / "rectify/activation", ".cc")) {
    if (file.string().ends_with("_test.cc")) continue;
    const std::string text = bare(read(file));
    const auto declares = [&](std::string_view before) { return text.find(fmt::format("{}{{\"{}\",", before, name)) != std::string::npos; };
    if (declares("kEntry") || declares("kEntry=")) found.push_back(file);
  }
  if (found.size() != 1) fail("certify", fmt::format("{} files declare a kernel of {}, wanted one", found.size(), name));
  return found.front();
}

/// `files` and the headers of vector code that they include, directly or not: those that end in -inl.h, but for that of recording, which
/// decides no result that is certified.
std::vector<fs::path> with_vector_headers(const fs::path& root, std::vector<fs::path> files) {
  constexpr std::string_view kInclude = "#include \"", kEnd = "-inl.h\"";
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::istringstream lines(read(files[i]));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(kInclude) || !line.ends_with(kEnd) || line.ends_with("/recording-inl.h\"")) continue;
      const fs::path header = root / line.substr(kInclude.size(), line.size() - kInclude.size() - 1);
      if (std::find(files.begin(), files.end(), header) == files.end()) files.push_back(header);
    }
  }
  return files;
}

}  // namespace

std::string hash_of_sources(const fs::path& root, const CatalogueEntry& entry, Implementation implementation) {
  std::vector<fs::path> files;
  Hash hash;
  if (implementation == Implementation::kKernel) {
    files.push_back(family_file(root, entry.name));
  } else {
    for (const char* name :
         {"activation/tiles.h", "activation/tiles.cc", "activation/tile_ops.h", "activation/tile_ops.cc", "activation/tile_program.h",
          "activation/tile_program.cc", "formula/derivative.cc", "formula/evaluate.cc", "formula/expression.cc", "formula/operation.cc"}) {
      files.push_back(root / "rectify" / name);
    }
    hash.add(entry.formula);
  }
  for (const fs::path& file : with_vector_headers(root, std::move(files))) hash.add(bare(read(file)));
  return hash.digits();
}

}  // namespace rectify::certify
