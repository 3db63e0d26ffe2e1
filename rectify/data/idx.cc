#include "rectify/data/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "rectify/data/byte_source.h"

namespace rectify {
namespace {

constexpr std::size_t kBlockBytes = 1 << 20;
constexpr std::uint64_t kMagicSize = 4, kDimensionSize = 4;

struct Header {
  std::uint8_t type;
  std::vector<std::int64_t> shape;
  std::uint64_t elements;
};

/// The size in bytes of an element, 0 for an unknown type.
std::size_t element_size(std::uint8_t type) {
  switch (type) {
    case 0x08:
    case 0x09: return 1;
    case 0x0b: return 2;
    case 0x0c:
    case 0x0d: return 4;
    case 0x0e: return 8;
    default: return 0;
  }
}

/// The big-endian number at `bytes`.
template <class T>
T big_endian(const std::uint8_t* bytes) {
  using Bits = std::conditional_t<
      sizeof(T) == 8, std::uint64_t,
      std::conditional_t<sizeof(T) == 4, std::uint32_t, std::conditional_t<sizeof(T) == 2, std::uint16_t, std::uint8_t>>>;
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) bits = bits << 8 | bytes[i];
  return std::bit_cast<T>(static_cast<Bits>(bits));
}

/// What is wrong with a header that claims `bytes` bytes of elements, if anything.
std::optional<std::string> implausible(const ByteSource& source, std::uint64_t header, std::uint64_t bytes) {
  if (!source.compressed()) {
    if (bytes <= source.file_size() - header) return std::nullopt;
    return fmt::format("the header claims {} bytes of elements, the file has {} more", bytes, source.file_size() - header);
  }
  const std::uint64_t most = std::max(kSmallIdx, kMaxInflation * source.file_size());
  if (bytes <= most) return std::nullopt;
  return fmt::format("the header claims {} bytes, more than {} times the {} of the gzip file: taken for a bomb", bytes, kMaxInflation,
                     source.file_size());
}

Header read_header(ByteSource& source) {
  std::array<std::uint8_t, kMagicSize> magic;
  if (source.read(magic.data(), magic.size()) < magic.size()) source.fail_at(source.offset(), "the file ends inside the magic number");
  if (magic[0] != 0 || magic[1] != 0) {
    source.fail_at(0, fmt::format("no IDX file: it begins with {:02x} {:02x}, not with 00 00", magic[0], magic[1]));
  }
  Header header{magic[2], {}, 1};
  const std::size_t width = element_size(header.type);
  if (width == 0) source.fail_at(2, fmt::format("unknown element type {:02x}; known are 08 09 0b 0c 0d 0e", header.type));
  const int rank = magic[3];
  if (rank < 1 || rank > kMaxIdxRank) source.fail_at(3, fmt::format("{} dimensions, wanted 1 to {}", rank, kMaxIdxRank));

  for (int i = 0; i < rank; ++i) {
    const std::uint64_t at = source.offset();
    std::array<std::uint8_t, kDimensionSize> bytes;
    if (source.read(bytes.data(), bytes.size()) < bytes.size()) source.fail_at(source.offset(), "the file ends inside the header");
    const auto size = big_endian<std::uint32_t>(bytes.data());
    if (size == 0) source.fail_at(at, fmt::format("dimension {} is 0", i + 1));
    if (header.elements > std::numeric_limits<std::int64_t>::max() / width / size) {
      source.fail_at(at, fmt::format("dimension {} is {}: more elements than can be counted", i + 1, size));
    }
    header.shape.push_back(size);
    header.elements *= size;
  }
  if (const auto reason = implausible(source, source.offset(), header.elements * width)) source.fail_at(kMagicSize, *reason);
  return header;
}

/// Appends the elements in `bytes`, which begin at byte `at` of the source, to `values`.
template <class Stored, class Value>
void append(const ByteSource& source, std::uint64_t at, const std::vector<std::uint8_t>& bytes, std::size_t size,
            std::vector<Value>& values) {
  if constexpr (std::is_same_v<Stored, std::uint8_t>) {
    values.insert(values.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  } else {
    for (std::size_t i = 0; i < size; i += sizeof(Stored)) {
      const auto value = big_endian<Stored>(bytes.data() + i);
      if (!(std::abs(static_cast<double>(value)) <= std::numeric_limits<float>::max())) {
        source.fail_at(at + i, "an element is not a finite float");
      }
      values.push_back(static_cast<Value>(value));
    }
  }
}

template <class Stored>
auto read_elements(ByteSource& source, std::uint64_t count) {
  using Value = std::conditional_t<std::is_same_v<Stored, std::uint8_t>, std::uint8_t, float>;
  std::vector<Value> values;
  // A plain file is known to hold the elements. Gzip data usually inflate to less than four times their size; only if more really comes
  // does the vector grow beyond that.
  values.reserve(source.compressed() ? std::min(count, 4 * source.file_size()) : count);
  std::vector<std::uint8_t> block(std::min<std::uint64_t>(kBlockBytes, count * sizeof(Stored)));
  while (values.size() < count) {
    const std::uint64_t at = source.offset();
    const std::size_t wanted = std::min<std::uint64_t>(block.size(), (count - values.size()) * sizeof(Stored));
    if (source.read(block.data(), wanted) < wanted) {
      source.fail_at(source.offset(), fmt::format("the data end inside the elements, of which the header claims {}", count));
    }
    append<Stored>(source, at, block, wanted, values);
  }
  const std::uint64_t end = source.offset();
  if (source.read(block.data(), 1) != 0) source.fail_at(end, "data follow the last element that the header tells of");
  return values;
}

}  // namespace

IdxArray read_idx(const std::filesystem::path& file) {
  ByteSource source("idx", file);
  Header header = read_header(source);
  const auto elements = [&]() -> decltype(IdxArray::values) {
    switch (header.type) {
      case 0x08: return read_elements<std::uint8_t>(source, header.elements);
      case 0x09: return read_elements<std::int8_t>(source, header.elements);
      case 0x0b: return read_elements<std::int16_t>(source, header.elements);
      case 0x0c: return read_elements<std::int32_t>(source, header.elements);
      case 0x0d: return read_elements<float>(source, header.elements);
      default: return read_elements<double>(source, header.elements);
    }
  };
  return {std::move(header.shape), elements()};
}

}  // namespace rectify
