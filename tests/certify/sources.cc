#include "sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "rectify/activation/catalogue.h"
#include "rectify/activation/gated.h"
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

/// `text` without comments to the end of a line.
std::string without_comments(const std::string& text) {
  std::string kept;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) i = std::min(text.find('\n', i), text.size());
    if (i < text.size()) kept += text[i];
  }
  return kept;
}

/// `text` without comments and white space.
std::string bare(const std::string& text) {
  std::string kept = without_comments(text);
  std::erase_if(kept, [](unsigned char c) { return std::isspace(c); });
  return kept;
}

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// Calls see(word, next) for the words of `text` outside of quotes that begin with no digit, with the sign behind each.
template <class See>
void each_word(std::string_view text, const See& see) {
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && in_word(text[end])) ++end;
    if (end == i) {
      if (text[i] == '"') i = std::min(text.find('"', i + 1), text.size() - 1);
      ++i;
      continue;
    }
    const std::size_t sign = text.find_first_not_of(" \n", end);
    if (!std::isdigit(static_cast<unsigned char>(text[i]))) see(text.substr(i, end - i), sign == std::string_view::npos ? ' ' : text[sign]);
    i = end;
  }
}

/// What stands at the outer level of a file between blank lines, inclusions left out, and what it declares there; a directive among it
/// declares anything.
struct Block {
  std::string text;
  std::set<std::string, std::less<>> names;
  bool declares_anything = false;

  void add(const std::string& line) {
    if (line.starts_with("#include ")) return;
    text += line + "\n";
    if (line.empty() || line.front() == ' ' || line.front() == '}' || line.starts_with("template ")) return;
    declares_anything |= line.front() == '#';
    std::string before;
    bool in_head = true;  // what follows the first bracket is no declaration
    each_word(line, [&](std::string_view word, char next) {
      const bool is_type = before == "struct" || before == "class" || before == "using";
      if (in_head && (is_type || next == '(' || next == '=' || next == '[')) names.emplace(word);
      in_head &= next != '(' && next != '{';
      before = word;
    });
  }
};

std::vector<Block> blocks_of(const std::string& text) {
  std::istringstream lines(without_comments(text));
  std::vector<Block> blocks(1);
  bool after_blank = false;
  for (std::string line; std::getline(lines, line);) {
    line.erase(line.find_last_not_of(' ') + 1);
    const char first = line.empty() ? ' ' : line.front();
    if (first == '#' || (after_blank && first != ' ')) blocks.emplace_back();
    after_blank = line.empty();
    blocks.back().add(line);
  }
  return blocks;
}

bool has_word(const std::string& text, std::string_view word) {
  bool found = false;
  each_word(text, [&](std::string_view one, char) { found |= one == word; });
  return found;
}

/// The code in `files`, of which the first has the kernel of `name`, that the kernel can reach: its struct, what runs a kernel's entry,
/// what these name, and so on. What other kernels of the family have for themselves is none of it.
std::string reached_code(const std::vector<fs::path>& files, std::string_view name) {
  std::vector<Block> blocks;
  std::set<std::string, std::less<>> named;
  std::vector<bool> reached;
  for (const fs::path& file : files) {
    for (Block& block : blocks_of(read(file))) {
      const bool has_entry = has_word(block.text, "kEntry");
      const bool is_own = bare(block.text).find(fmt::format("{{\"{}\",", name)) != std::string::npos;
      reached.push_back(block.names.empty() || block.declares_anything || (has_entry && (is_own || file != files.front())));
      blocks.push_back(std::move(block));
    }
  }
  for (std::size_t known = 0, now = 1; known != now;) {
    known = now;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const auto is_named = [&](const std::string& one) { return named.contains(one); };
      if (!reached[i]) reached[i] = std::any_of(blocks[i].names.begin(), blocks[i].names.end(), is_named);
      if (reached[i]) each_word(blocks[i].text, [&](std::string_view word, char) { named.emplace(word); });
    }
    now = named.size() + 1;
  }
  std::string code;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (reached[i]) code += bare(blocks[i].text);
  }
  return code;
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
  Hash hash;
  if (implementation == Implementation::kKernel) {
    hash.add(reached_code(with_vector_headers(root, {family_file(root, entry.name)}), entry.name));
    return hash.digits();
  }
  hash.add(entry.formula);
  std::vector<fs::path> files;
  for (const char* name :
       {"activation/tiles.h", "activation/tiles.cc", "activation/tile_ops.h", "activation/tile_ops.cc", "activation/tile_program.h",
        "activation/tile_program.cc", "activation/tile_trust.h", "activation/tile_trust.cc", "formula/derivative.cc", "formula/evaluate.cc",
        "formula/expression.cc", "formula/operation.cc", "formula/program.cc", "formula/wide.cc"}) {
    files.push_back(root / "rectify" / name);
  }
  for (const fs::path& file : with_vector_headers(root, std::move(files))) hash.add(bare(read(file)));
  return hash.digits();
}

std::string hash_of_layer_sources(const fs::path& root, std::string_view name) {
  Hash hash;
  std::vector<fs::path> files{root / "rectify/activation/rows_kernels.cc"};
  if (is_gated_name(name)) {
    const CatalogueEntry& gate = *find_in_catalogue(GatedActivation(name).gate().name())->entry;
    hash.add(hash_of_sources(root, gate, Implementation::kKernel));
    files.push_back(root / "rectify/activation/gated.cc");
  } else {
    files.push_back(root / "rectify/activation/rows.cc");
  }
  for (const fs::path& file : with_vector_headers(root, std::move(files))) hash.add(bare(read(file)));
  return hash.digits();
}

}  // namespace rectify::certify
