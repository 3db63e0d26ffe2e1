#include "rectify/data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/base/random.h"
#include "rectify/base/threads.h"
#include "rectify/data/idx.h"
#include "rectify/data/table.h"
#include "rectify/data/toy_data.h"

namespace rectify {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kHoldOutStream = 0x686f6c64;  // no other user of the same seed draws from it

/// The files of the MNIST family in the order in which they are read: images at even places, each followed by its labels.
constexpr std::array<const char*, 4> kFiles{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                            "t10k-labels-idx1-ubyte"};

/// The folder that holds installed data sets.
fs::path data_root() {
  const char* root = std::getenv("RECTIFY_DATA");
  return root != nullptr && *root != '\0' ? root : "/usr/share/datasets";
}

/// `name` in `folder`, plain or else gzip.
fs::path find_file(const fs::path& folder, const char* name) {
  for (const char* extension : {"", ".gz"}) {
    fs::path file = folder / (std::string(name) + extension);
    std::error_code error;
    if (fs::exists(file, error)) return file;
  }
  fail("data", fmt::format("{} has no {} (plain or .gz); wanted {}", folder.string(), name, fmt::join(kFiles, ", ")));
}

/// The labels in `array`, each a class.
std::vector<std::int32_t> to_labels(const IdxArray& array, const fs::path& file) {
  if (array.shape.size() != 1) fail("data", fmt::format("{}: labels have {} dimensions, wanted 1", file.string(), array.shape.size()));
  return std::visit(
      [&](const auto& values) {
        std::vector<std::int32_t> labels(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
          const auto value = static_cast<float>(values[i]);
          if (value < 0 || value >= kMaxClasses || value != std::floor(value)) {
            fail("data", fmt::format("{}: label {} is {}, wanted a whole number in 0 .. {}", file.string(), i, value, kMaxClasses - 1));
          }
          labels[i] = static_cast<std::int32_t>(value);
        }
        return labels;
      },
      array.values);
}

/// The split in `images` and `labels`, which were read from the files of these names.
Split to_split(IdxArray& images, const fs::path& image_file, const IdxArray& labels, const fs::path& label_file) {
  if (images.shape.size() < 2) {
    fail("data", fmt::format("{}: samples have no shape: one dimension, wanted at least 2", image_file.string()));
  }
  Split split{images.shape[0], std::move(images.values), to_labels(labels, label_file), {}};
  if (split.count != static_cast<std::int64_t>(split.labels.size())) {
    fail("data", fmt::format("{} holds {} samples, {} holds {} labels", image_file.string(), split.count, label_file.string(),
                             split.labels.size()));
  }
  return split;
}

Dataset load_folder(std::string name, const fs::path& folder) {
  std::array<fs::path, kFiles.size()> files;
  std::transform(kFiles.begin(), kFiles.end(), files.begin(), [&](const char* file) { return find_file(folder, file); });
  std::array<IdxArray, kFiles.size()> arrays;
  run_jobs(static_cast<int>(files.size()), available_threads(), [&](int i) { arrays[i] = read_idx(files[i]); });

  Dataset data;
  data.name = std::move(name);
  data.train = to_split(arrays[0], files[0], arrays[1], files[1]);
  data.test = to_split(arrays[2], files[2], arrays[3], files[3]);
  const auto sample_shape = [](const IdxArray& images) { return std::vector(images.shape.begin() + 1, images.shape.end()); };
  data.sample_shape = sample_shape(arrays[0]);
  if (data.sample_shape != sample_shape(arrays[2])) {
    fail("data", fmt::format("{} holds samples of shape [{}], {} of shape [{}]", files[0].string(), fmt::join(data.sample_shape, ", "),
                             files[2].string(), fmt::join(sample_shape(arrays[2]), ", ")));
  }
  if (data.train.values.index() != data.test.values.index()) {
    fail("data", fmt::format("{} holds bytes and {} does not, or the other way round", files[0].string(), files[2].string()));
  }
  data.classes = 1 + std::max(std::ranges::max(data.train.labels), std::ranges::max(data.test.labels));
  if (data.classes == 1) fail("data", fmt::format("{}: every label is 0, so there is nothing to tell apart", files[1].string()));
  return data;
}

Dataset load_fashion_mnist() {
  const fs::path folder = data_root() / "fashion-mnist";
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    fail("data", fmt::format("fashion-mnist is not installed: no folder {}; install Debian's package dataset-fashion-mnist, or use --data "
                             "spirals, which needs nothing",
                             folder.string()));
  }
  return load_folder("fashion-mnist", folder);
}

/// The samples of `split` at `indices`.
Split select(const Split& split, std::span<const std::uint32_t> indices) {
  Split selected;
  selected.count = static_cast<std::int64_t>(indices.size());
  const auto pick = [&]<class T>(const std::vector<T>& values) {
    const std::size_t sample = values.size() / static_cast<std::size_t>(split.count);
    std::vector<T> picked;
    picked.reserve(indices.size() * sample);
    for (const std::size_t i : indices) {
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(i * sample);
      picked.insert(picked.end(), begin, begin + static_cast<std::ptrdiff_t>(sample));
    }
    return picked;
  };
  selected.labels = pick(split.labels);
  selected.targets = pick(split.targets);
  std::visit([&](const auto& values) { selected.values = pick(values); }, split.values);
  return selected;
}

}  // namespace

std::int64_t Dataset::sample_size() const {
  return std::accumulate(sample_shape.begin(), sample_shape.end(), std::int64_t{1}, std::multiplies<>());
}

Dataset load_dataset(std::string_view what, std::uint64_t seed, const TableUse& table) {
  const fs::path folder(what);
  std::error_code error;
  const auto from_here = [&what](Dataset data) {
    data.source = what;
    return data;
  };
  if (is_table(folder) && !fs::is_directory(folder, error)) return from_here(load_table(folder, table));
  if (!table.targets.empty() || !table.features.empty()) {
    fail(
        "data",
        fmt::format("{} is no table, whose name ends in .csv or .tsv; other data have their own targets: leave out --target and --features",
                    what));
  }
  if (what == "fashion-mnist") return load_fashion_mnist();
  if (what == "spirals") return make_spirals(seed);
  if (what == "moons") return make_moons(seed);
  if (what == "strokes") return make_strokes(seed);
  if (what == "friedman") return make_friedman(seed);
  if (fs::is_directory(folder, error)) {
    return from_here(load_folder(fs::weakly_canonical(folder, error).filename().string(), folder));
  }
  if (fs::exists(folder, error)) {
    fail("data",
         fmt::format("{} is a file, wanted the folder that holds {}, or a table whose name ends in .csv", what, fmt::join(kFiles, ", ")));
  }
  const std::vector<std::string> names{"fashion-mnist", "spirals", "moons", "strokes", "friedman"};
  fail("data",
       fmt::format("no data set and no folder is called '{}'{}; there are {}", what, did_you_mean(what, names), fmt::join(names, ", ")));
}

void hold_out_validation(Dataset& data, double share, std::uint64_t seed) {
  const auto held = static_cast<std::int64_t>(std::llround(share * static_cast<double>(data.train.count)));
  if (!(share > 0 && share < 1) || held < 1 || held >= data.train.count) {
    fail("data", fmt::format("a validation share of {} of {} samples, wanted one between 0 and 1 that leaves samples on both sides", share,
                             data.train.count));
  }
  auto order = Random(seed, kHoldOutStream).permutation(static_cast<std::uint32_t>(data.train.count));
  const auto middle = order.begin() + held;
  std::sort(order.begin(), middle);
  std::sort(middle, order.end());
  data.test = select(data.train, {order.begin(), middle});
  data.train = select(data.train, {middle, order.end()});
}

void keep_first(Dataset& data, std::int64_t most) {
  if (most >= data.train.count) return;
  std::vector<std::uint32_t> first(static_cast<std::size_t>(std::max<std::int64_t>(0, most)));
  std::iota(first.begin(), first.end(), 0);
  data.train = select(data.train, first);
}

}  // namespace rectify
