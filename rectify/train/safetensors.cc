#include "rectify/train/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "rectify/base/error.h"

namespace rectify {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "arrays are copied as they lie in memory");

constexpr std::uint64_t kLengthBytes = 8, kMostHeaderBytes = 100'000'000;
constexpr int kDeepest = 3;  // the array in a tensor's entry in the header
constexpr std::size_t kMostDimensions = 32;
constexpr const char* kMetadata = "__metadata__";

constexpr std::array<std::pair<const char*, std::uint64_t>, 15> kTypes{{{"F32", 4},
                                                                        {"F64", 8},
                                                                        {"F16", 2},
                                                                        {"BF16", 2},
                                                                        {"F8_E4M3", 1},
                                                                        {"F8_E5M2", 1},
                                                                        {"I64", 8},
                                                                        {"I32", 4},
                                                                        {"I16", 2},
                                                                        {"I8", 1},
                                                                        {"U64", 8},
                                                                        {"U32", 4},
                                                                        {"U16", 2},
                                                                        {"U8", 1},
                                                                        {"BOOL", 1}}};

[[noreturn]] void fail_at(const fs::path& file, std::uint64_t byte, const std::string& reason) {
  fail("safetensors", fmt::format("{}, byte {}: {}", file.string(), byte, reason));
}

std::vector<std::uint8_t> read_all(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) fail("safetensors", fmt::format("{} is no file that can be read", file.string()));
  std::vector<std::uint8_t> bytes(fs::file_size(file, error));
  std::ifstream in(file, std::ios::binary);
  if (error || !in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()))) {
    fail("safetensors", fmt::format("{} cannot be read", file.string()));
  }
  return bytes;
}

/// The length of the header, which lies in the file.
std::uint64_t header_length(const fs::path& file, std::span<const std::uint8_t> bytes) {
  if (bytes.size() < kLengthBytes) fail_at(file, bytes.size(), "the file ends within the 8 bytes that tell the header's length");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kMostHeaderBytes)
    fail_at(file, 0, fmt::format("a header of {} bytes, at most {} are read: is it a safetensors file?", length, kMostHeaderBytes));
  const std::uint64_t there = bytes.size() - kLengthBytes;
  if (length > there) fail_at(file, 0, fmt::format("a header of {} bytes, the file has {} more", length, there));
  if (length == 0 || bytes[kLengthBytes] != '{') fail_at(file, kLengthBytes, "the header does not begin with {");
  return length;
}

/// The header, checked for what a JSON object hides: keys that come twice, and depth.
Json parse_header(const fs::path& file, std::string_view text) {
  std::array<std::set<std::string>, kDeepest + 1> keys;
  const auto check = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    const bool begins = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (depth + (begins ? 1 : 0) > kDeepest) fail_at(file, kLengthBytes, fmt::format("the header is nested deeper than {}", kDeepest));
    if (event == Json::parse_event_t::object_start) keys[depth + 1].clear();
    if (event == Json::parse_event_t::key && !keys[depth].insert(parsed.get<std::string>()).second) {
      fail_at(file, kLengthBytes, fmt::format("the header has the key {} twice", parsed.dump()));
    }
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), check);
  } catch (const Json::parse_error& e) {
    fail_at(file, kLengthBytes + e.byte, "the header is no JSON in UTF-8 from here on");
  }
}

/// An entry of the header.
struct Entry {
  std::string name;
  TensorBytes tensor;
  std::uint64_t begin, end;
};

/// A list of whole numbers of the header's entry `name`.
std::vector<std::uint64_t> numbers_of(const fs::path& file, const std::string& name, const Json& entry, const char* key) {
  const auto found = entry.find(key);
  if (found == entry.end() || !found->is_array()) {
    fail_at(file, kLengthBytes, fmt::format("array \"{}\" has no list \"{}\"", name, key));
  }
  std::vector<std::uint64_t> numbers;
  for (const Json& number : *found) {
    if (!number.is_number_unsigned()) {
      fail_at(file, kLengthBytes, fmt::format("array \"{}\": {} holds {}, wanted whole numbers from 0", name, key, number.dump()));
    }
    numbers.push_back(number.get<std::uint64_t>());
  }
  return numbers;
}

/// The bytes that an array takes, or nothing where that is beyond all numbers.
std::optional<std::uint64_t> size_of(const std::vector<std::uint64_t>& shape, std::uint64_t type_bytes) {
  std::uint64_t size = type_bytes;
  for (const std::uint64_t extent : shape) {
    if (extent > INT64_MAX || __builtin_mul_overflow(size, extent, &size)) return std::nullopt;
  }
  return size;
}

Entry read_entry(const fs::path& file, const std::string& name, const Json& entry) {
  const auto wrong = [&](const std::string& reason) { fail_at(file, kLengthBytes, fmt::format("array \"{}\" {}", name, reason)); };
  if (!entry.is_object()) wrong("is no object");
  const auto type = entry.find("dtype");
  if (type == entry.end() || !type->is_string()) wrong("has no dtype");
  const auto known =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& t) { return t.first == type->template get<std::string>(); });
  if (known == kTypes.end()) wrong(fmt::format("has the unknown dtype {}", type->dump()));
  const auto shape = numbers_of(file, name, entry, "shape"), offsets = numbers_of(file, name, entry, "data_offsets");
  if (shape.size() > kMostDimensions) wrong(fmt::format("has {} dimensions, at most {} are read", shape.size(), kMostDimensions));
  if (offsets.size() != 2 || offsets[0] > offsets[1])
    wrong(fmt::format("has the data_offsets [{}], wanted [begin, end]", fmt::join(offsets, ", ")));
  const std::optional<std::uint64_t> size = size_of(shape, known->second);
  if (!size || *size != offsets[1] - offsets[0]) {
    wrong(fmt::format("of shape [{}] and type {} has {} bytes", fmt::join(shape, ", "), known->first, offsets[1] - offsets[0]));
  }
  return {name, {known->first, {shape.begin(), shape.end()}, {}}, offsets[0], offsets[1]};
}

/// Checks that the arrays, in the order of their places, fill the file from the header to its end.
void check_places(const fs::path& file, std::vector<Entry>& entries, std::uint64_t data_begin, std::uint64_t data_bytes) {
  std::ranges::stable_sort(entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  std::uint64_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != end) {
      fail_at(file, data_begin + std::min(end, entry.begin),
              fmt::format("array \"{}\" {} the one before it", entry.name, entry.begin < end ? "overlaps" : "does not follow"));
    }
    end = entry.end;
    if (end > data_bytes) fail_at(file, data_begin + data_bytes, fmt::format("the file ends within array \"{}\"", entry.name));
  }
  if (end != data_bytes) fail_at(file, data_begin + end, fmt::format("{} bytes follow the last array", data_bytes - end));
}

}  // namespace

std::vector<float> TensorBytes::floats() const {
  if (type != "F32") fail("safetensors", fmt::format("an array of type {}, wanted F32", type));
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

TensorFile::TensorFile(const fs::path& file) : bytes_(read_all(file)) {
  const std::uint64_t length = header_length(file, bytes_), data = kLengthBytes + length;
  const Json header = parse_header(file, {reinterpret_cast<const char*>(bytes_.data()) + kLengthBytes, length});
  if (!header.is_object()) fail_at(file, kLengthBytes, "the header is no JSON object");
  std::vector<Entry> entries;
  for (const auto& [name, entry] : header.items()) {
    if (name != kMetadata) {
      entries.push_back(read_entry(file, name, entry));
      continue;
    }
    if (!entry.is_object()) fail_at(file, kLengthBytes, "__metadata__ is no object");
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail_at(file, kLengthBytes, fmt::format("__metadata__ \"{}\" is no text", key));
      metadata_[key] = value.get<std::string>();
    }
  }
  check_places(file, entries, data, bytes_.size() - data);
  for (Entry& entry : entries) {
    entry.tensor.bytes = std::span(bytes_).subspan(data + entry.begin, entry.end - entry.begin);
    tensors_.emplace(entry.name, std::move(entry.tensor));
  }
}

std::string to_safetensors(const std::map<std::string, std::string>& metadata, std::span<const FloatTensor> tensors) {
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadata] = metadata;
  std::uint64_t end = 0;
  for (const FloatTensor& tensor : tensors) {
    const std::uint64_t begin = end;
    end += tensor.values.size_bytes();
    header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');  // so that the arrays are aligned
  const std::uint64_t length = text.size();
  std::string bytes(reinterpret_cast<const char*>(&length), kLengthBytes);
  bytes.reserve(kLengthBytes + length + end);
  bytes += text;
  for (const FloatTensor& tensor : tensors) bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes());
  return bytes;
}

}  // namespace rectify
