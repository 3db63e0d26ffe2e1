#include "rectify/train/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "rectify/data/test_files.h"

namespace rectify {
namespace {

using testing::HasSubstr;

/// A file with this header and as many bytes of data, the header's length told truly.
std::string file_of(const std::string& header, std::size_t data_bytes) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i));
  return bytes + header + std::string(data_bytes, '\0');
}

std::string entry(const std::string& name, const std::string& shape, const std::string& offsets, const std::string& type = "F32") {
  return "\"" + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

class SafetensorsTest : public testing::Test {
 protected:
  std::string message(const std::string& bytes) {
    const auto path = folder_.write("a.safetensors", bytes);
    const std::string all = error_of([&] { TensorFile file(path); }), prefix = "[safetensors] " + path.string() + ", ";
    if (!all.starts_with(prefix)) return all;
    EXPECT_EQ(all.find('\n'), std::string::npos);
    return all.substr(prefix.size());
  }
  TestFolder folder_;
};

TEST_F(SafetensorsTest, gives_back_what_was_written) {
  const std::vector<float> a{1, 2, 3, 4, 5, 6}, b{0.1f}, none;
  const std::vector<FloatTensor> tensors{{"dense 1.weight", {2, 3}, a}, {"scalar", {}, b}, {"none", {0, 4}, none}};
  const auto path = folder_.write("a", to_safetensors({{"key", "text\n\"quoted\""}}, tensors));
  const TensorFile file(path);
  EXPECT_EQ(file.metadata().at("key"), "text\n\"quoted\"");
  ASSERT_EQ(file.tensors().size(), 3u);
  EXPECT_EQ(file.tensors().at("dense 1.weight").floats(), a);
  EXPECT_EQ(file.tensors().at("dense 1.weight").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(file.tensors().at("scalar").floats(), b);
  EXPECT_TRUE(file.tensors().at("scalar").shape.empty());
  EXPECT_TRUE(file.tensors().at("none").floats().empty());
  std::uint64_t length = 0;
  std::ifstream(path, std::ios::binary).read(reinterpret_cast<char*>(&length), 8);
  EXPECT_EQ(length % 8, 0u) << "the arrays are aligned";
}

// The bytes were written by the Python package safetensors 0.7.0: save({"a": numpy.array([[1, 2]], "<f4")}, {"by": "python"}).
TEST_F(SafetensorsTest, reads_what_another_writer_wrote) {
  std::string header = R"({"__metadata__":{"by":"python"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  std::string bytes = file_of(header, 0);
  bytes += std::string("\x00\x00\x80\x3f\x00\x00\x00\x40", 8);
  const TensorFile file(folder_.write("a", bytes));
  EXPECT_EQ(file.metadata().at("by"), "python");
  EXPECT_EQ(file.tensors().at("a").floats(), (std::vector<float>{1, 2}));
}

TEST_F(SafetensorsTest, a_header_that_makes_no_sense_is_refused_with_its_place) {
  EXPECT_THAT(message(""), HasSubstr("byte 0: the file ends within the 8 bytes"));
  EXPECT_THAT(message(file_of("", 0)), HasSubstr("byte 8: the header does not begin with {"));
  EXPECT_THAT(message(file_of(" {}", 0)), HasSubstr("does not begin with {"));
  EXPECT_THAT(message(std::string("\x10\0\0\0\0\0\0\0{}", 10)), HasSubstr("byte 0: a header of 16 bytes, the file has 2 more"));
  EXPECT_THAT(message(std::string("\0\0\0\0\0\0\0\x80{}", 10)), HasSubstr("byte 0: a header of 9223372036854775808 bytes, at most"));
  EXPECT_THAT(message(file_of("{\"a\":", 0)), HasSubstr("the header is no JSON"));
  EXPECT_THAT(message(file_of("{\"\xff\":1}", 0)), HasSubstr("byte 11: the header is no JSON in UTF-8"));
  EXPECT_THAT(message(file_of("{\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "}", 0)), HasSubstr("nested deeper"));
  EXPECT_THAT(message(file_of("{" + entry("a", "[]", "[0,4]") + "," + entry("a", "[]", "[4,8]") + "}", 8)),
              HasSubstr("the key \"a\" twice"));
  EXPECT_THAT(message(file_of(R"({"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4)), HasSubstr("\"dtype\" twice"));
  EXPECT_THAT(message(file_of(R"({"__metadata__":{"a":1}})", 0)), HasSubstr("\"a\" is no text"));
  EXPECT_THAT(message(file_of(R"({"__metadata__":[]})", 0)), HasSubstr("__metadata__ is no object"));
}

TEST_F(SafetensorsTest, an_array_that_makes_no_sense_is_refused) {
  const auto one = [&](const std::string& e, std::size_t bytes) { return message(file_of("{" + e + "}", bytes)); };
  EXPECT_EQ(one(entry("a", "[2,2]", "[0,16]"), 16), "");
  EXPECT_THAT(one(R"("a":1)", 0), HasSubstr("array \"a\" is no object"));
  EXPECT_THAT(one(R"("a":{"shape":[],"data_offsets":[0,4]})", 4), HasSubstr("has no dtype"));
  EXPECT_THAT(one(R"("a":{"dtype":"F32","data_offsets":[0,4]})", 4), HasSubstr("has no list \"shape\""));
  EXPECT_THAT(one(entry("a", "[1]", "[0,4]", "F33"), 4), HasSubstr("unknown dtype \"F33\""));
  EXPECT_THAT(one(entry("a", "[-1]", "[0,4]"), 4), HasSubstr("shape holds -1, wanted whole numbers"));
  EXPECT_THAT(one(entry("a", "[1.0]", "[0,4]"), 4), HasSubstr("shape holds 1.0"));
  EXPECT_THAT(one(entry("a", "[1e308]", "[0,4]"), 4), HasSubstr("wanted whole numbers"));
  EXPECT_THAT(one(entry("a", "[1]", "[4,0]"), 4), HasSubstr("wanted [begin, end]"));
  EXPECT_THAT(one(entry("a", "[1]", "[0,4,8]"), 4), HasSubstr("wanted [begin, end]"));
  EXPECT_THAT(one(entry("a", "[3]", "[0,4]"), 4), HasSubstr("of shape [3] and type F32 has 4 bytes"));
  EXPECT_THAT(one(entry("a", "[4611686018427387904,4]", "[0,0]"), 0), HasSubstr("has 0 bytes")) << "the size wraps to 0";
  EXPECT_THAT(one(entry("a", "[18446744073709551615,2]", "[0,4]"), 4), HasSubstr("has 4 bytes"));
  std::string ones = "[1";
  for (int i = 0; i < 40; ++i) ones += ",1";
  EXPECT_THAT(one(entry("a", ones + "]", "[0,4]"), 4), HasSubstr("has 41 dimensions, at most 32"));
}

TEST_F(SafetensorsTest, arrays_fill_the_file_without_gap_overlap_or_rest) {
  const auto two = [&](const std::string& a, const std::string& b, std::size_t bytes) {
    return message(file_of("{" + entry("a", "[1]", a) + "," + entry("b", "[1]", b) + "}", bytes));
  };
  EXPECT_EQ(two("[4,8]", "[0,4]", 8), "") << "in any order";
  EXPECT_THAT(two("[0,4]", "[0,4]", 4), HasSubstr("\"b\" overlaps the one before it"));
  EXPECT_THAT(two("[0,4]", "[8,12]", 12), HasSubstr("\"b\" does not follow the one before it"));
  EXPECT_THAT(two("[0,4]", "[4,8]", 9), HasSubstr("1 bytes follow the last array"));
  EXPECT_THAT(two("[0,4]", "[4,8]", 6), HasSubstr("the file ends within array \"b\""));
}

TEST_F(SafetensorsTest, what_is_no_file_is_refused) {
  EXPECT_THAT(error_of([] { TensorFile file("/no/such/file"); }), HasSubstr("[safetensors] /no/such/file is no file"));
  EXPECT_THAT(error_of([&] { TensorFile file(folder_.path()); }), HasSubstr("is no file that can be read"));
}

}  // namespace
}  // namespace rectify
