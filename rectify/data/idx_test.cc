#include "rectify/data/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "rectify/data/test_files.h"

namespace rectify {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const TestFolder kFolder;

std::string error_of_bytes(const std::string& bytes) {
  const auto file = kFolder.write("bad.idx", bytes);
  return error_of([&] { read_idx(file); });
}

/// Matches "[idx] FILE: byte OFFSET..." with `reason` in it, on one line.
auto Refuses(const std::string& where, const std::string& reason) {
  return AllOf(StartsWith("[idx] " + (kFolder.path() / "bad.idx").string() + ": byte " + where + ":"), HasSubstr(reason),
               Not(HasSubstr("\n")));
}

std::string ramp(std::size_t n) {
  std::string bytes(n, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  return bytes;
}

std::vector<float> floats_of(const std::string& bytes) {
  return std::get<std::vector<float>>(read_idx(kFolder.write("ok.idx", bytes)).values);
}

TEST(Idx, bytes_come_as_they_are) {
  const IdxArray array = read_idx(kFolder.write("ok.idx", idx_header(8, {2, 3, 2}) + ramp(12)));
  EXPECT_THAT(array.shape, ElementsAre(2, 3, 2));
  EXPECT_THAT(std::get<std::vector<std::uint8_t>>(array.values), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
}

TEST(Idx, every_other_type_is_read_big_endian_into_floats) {
  EXPECT_THAT(floats_of(idx_header(0x09, {2}) + "\x7f\xff"), ElementsAre(127, -1));
  EXPECT_THAT(floats_of(idx_header(0x0b, {2}) + big_endian_bytes(0xffff, 2) + big_endian_bytes(0x0102, 2)), ElementsAre(-1, 258));
  EXPECT_THAT(floats_of(idx_header(0x0c, {2}) + big_endian_bytes(0xfffffffe) + big_endian_bytes(65536)), ElementsAre(-2, 65536));
  EXPECT_THAT(floats_of(idx_header(0x0d, {2}) + big_endian_bytes(std::bit_cast<std::uint32_t>(1.5f)) +
                        big_endian_bytes(std::bit_cast<std::uint32_t>(-3e38f))),
              ElementsAre(1.5f, -3e38f));
  EXPECT_THAT(floats_of(idx_header(0x0e, {1, 2}) + big_endian_bytes(std::bit_cast<std::uint64_t>(0.1), 8) +
                        big_endian_bytes(std::bit_cast<std::uint64_t>(-2.0), 8)),
              ElementsAre(0.1f, -2.0f));
}

TEST(Idx, arrays_of_several_blocks_arrive_whole_plain_and_gzip) {
  const std::uint32_t n = 3'000'001;
  const std::string bytes = idx_header(0x08, {n}) + ramp(n);
  for (const std::string& file : {bytes, gzipped(bytes)}) {
    const IdxArray array = read_idx(kFolder.write("ok.idx", file));
    const auto& values = std::get<std::vector<std::uint8_t>>(array.values);
    ASSERT_EQ(values.size(), n);
    for (std::uint32_t i = 0; i < n; ++i) ASSERT_EQ(values[i], static_cast<std::uint8_t>(i));
  }
}

TEST(Idx, gzip_is_told_by_its_first_bytes_and_its_members_follow_each_other) {
  const std::string bytes = idx_header(0x08, {20, 10}) + ramp(200);
  for (const std::size_t cut : {0, 3, 4, 11, 12, 100, 212}) {
    const auto file = kFolder.write("no_extension", gzipped(bytes.substr(0, cut)) + gzipped(bytes.substr(cut)) + gzipped(""));
    const IdxArray array = read_idx(file);
    EXPECT_EQ(std::get<std::vector<std::uint8_t>>(array.values).back(), 199);
  }
}

TEST(Idx, a_wrong_header_is_refused_where_it_is_wrong) {
  const std::string data = ramp(20 * 28 * 28);
  EXPECT_THAT(error_of_bytes(""), Refuses("0", "ends inside the magic number"));
  EXPECT_THAT(error_of_bytes(std::string("\0\0\10", 3)), Refuses("3", "ends inside the magic number"));
  EXPECT_THAT(error_of_bytes("\1" + idx_header(8, {20, 28, 28}).substr(1) + data), Refuses("0", "begins with 01 00"));
  EXPECT_THAT(error_of_bytes(idx_header(0x0a, {1}) + "x"), Refuses("2", "unknown element type 0a"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {})), Refuses("3", "0 dimensions"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {1, 1, 1, 1, 1, 1, 1, 1, 1}) + "x"), Refuses("3", "9 dimensions, wanted 1 to 8"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {20, 28, 28}).substr(0, 9)), Refuses("9", "ends inside the header"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {0, 28, 28})), Refuses("4", "dimension 1 is 0"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {28, 0})), Refuses("8", "dimension 2 is 0"));
}

TEST(Idx, sizes_that_overflow_or_wrap_are_refused) {
  EXPECT_THAT(error_of_bytes(idx_header(8, {~0u, ~0u, ~0u, ~0u}) + "xxxx"), Refuses("8", "more elements than can be counted"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {1 << 16, 1 << 16, 1 << 16, 1 << 16, 1})), Refuses("16", "more elements than can be counted"));
  EXPECT_THAT(error_of_bytes(idx_header(0x0e, {1u << 31, 1u << 30})), Refuses("8", "more elements than can be counted"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {1 << 16, 1 << 16, 1 << 17})), Refuses("4", "claims 562949953421312 bytes of elements"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {0x7fffffff, 28, 28}) + "x"), Refuses("4", "the file has 1 more"));
}

TEST(Idx, data_that_end_early_or_go_on_are_refused) {
  const std::string bytes = idx_header(0x0b, {5, 2}) + ramp(20);
  EXPECT_THAT(error_of_bytes(bytes.substr(0, 31)), Refuses("4", "the file has 19 more"));
  EXPECT_THAT(error_of_bytes(bytes + "x"), Refuses("32", "data follow the last element"));
  EXPECT_THAT(error_of_bytes(gzipped(bytes.substr(0, 31))), Refuses("31 of the inflated data", "end inside the elements"));
  EXPECT_THAT(error_of_bytes(gzipped(bytes + "x")), Refuses("32 of the inflated data", "data follow the last element"));
  EXPECT_THAT(error_of_bytes(gzipped(bytes) + gzipped("x")), Refuses("32 of the inflated data", "data follow the last element"));
}

TEST(Idx, damaged_gzip_is_refused_where_the_file_is_damaged) {
  const std::string good = gzipped(idx_header(8, {100, 100}) + ramp(10000));
  const auto size = good.size();
  for (const std::size_t kept : {std::size_t{5}, std::size_t{30}, size - 9, size - 8, size - 1}) {
    EXPECT_THAT(error_of_bytes(good.substr(0, kept)), Refuses(std::to_string(kept), "ends inside its gzip data")) << kept;
  }
  std::string wrong_checksum = good, wrong_length = good, wrong_header = good;
  wrong_checksum[size - 8] = static_cast<char>(wrong_checksum[size - 8] + 1);
  wrong_length[size - 4] = static_cast<char>(wrong_length[size - 4] + 1);
  wrong_header[2] = 7;
  EXPECT_THAT(error_of_bytes(wrong_checksum), Refuses(std::to_string(size - 4), "incorrect data check"));
  EXPECT_THAT(error_of_bytes(wrong_length), Refuses(std::to_string(size), "incorrect length check"));
  EXPECT_THAT(error_of_bytes(wrong_header), HasSubstr("unknown compression method"));
  EXPECT_THAT(error_of_bytes(good + "\n"), Refuses(std::to_string(size), "something that is not gzip follows"));
  EXPECT_THAT(error_of_bytes(good + std::string(512, '\0')), Refuses(std::to_string(size), "something that is not gzip follows"));
  EXPECT_THAT(error_of_bytes(good + "\x1f\x8b"), Refuses(std::to_string(size + 2), "ends inside its gzip data"));
}

TEST(Idx, a_byte_changed_anywhere_in_a_gzip_file_never_passes_as_other_data) {
  const std::string bytes = idx_header(8, {40, 5}) + ramp(200);
  const IdxArray expected = read_idx(kFolder.write("ok.idx", bytes));
  const std::string good = gzipped(bytes);
  int refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    const std::string error = error_of_bytes(bad);
    if (error.empty()) {  // a bit that gzip ignores: part of a date, padding
      EXPECT_EQ(read_idx(kFolder.path() / "bad.idx").values, expected.values) << i;
    } else {
      EXPECT_THAT(error, StartsWith("[idx] "));
      ++refused;
    }
  }
  EXPECT_GT(refused, 200);
}

TEST(Idx, elements_that_no_float_holds_are_refused) {
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 1e39, -1e300}) {
    const std::string bytes = idx_header(0x0e, {2}) + std::string(8, '\0') + big_endian_bytes(std::bit_cast<std::uint64_t>(bad), 8);
    EXPECT_THAT(error_of_bytes(bytes), Refuses("16", "not a finite float")) << bad;
  }
  EXPECT_THAT(error_of_bytes(idx_header(0x0d, {1}) + big_endian_bytes(0x7f800000)), Refuses("8", "not a finite float"));
}

TEST(Idx, what_cannot_be_opened_or_is_no_file_is_refused) {
  EXPECT_THAT(error_of([] { read_idx(kFolder.path() / "absent"); }), EndsWith("absent: No such file or directory"));
  EXPECT_THAT(error_of([] { read_idx(kFolder.path()); }), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of([] { read_idx("/dev/zero"); }), HasSubstr("not a regular file"));
}

std::int64_t peak_memory() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

TEST(Idx, a_bomb_is_refused_without_the_memory_that_it_claims) {
  const std::string zeros = gzipped(std::string(70 << 20, '\0'));
  const std::int64_t before = peak_memory();
  EXPECT_THAT(error_of_bytes(gzipped(idx_header(8, {70 << 10, 1 << 10})) + zeros), Refuses("4 of the inflated data", "taken for a bomb"));
  EXPECT_THAT(error_of_bytes(gzipped(idx_header(8, {1 << 10})) + zeros), HasSubstr("data follow the last element"));
  EXPECT_THAT(error_of_bytes(gzipped(idx_header(8, {60 << 10, 1 << 10}))), HasSubstr("end inside the elements"));
  EXPECT_THAT(error_of_bytes(idx_header(8, {1 << 15, 1 << 15}) + "x"), HasSubstr("the file has 1 more"));
  EXPECT_LT(peak_memory() - before, 20 << 20);
}

}  // namespace
}  // namespace rectify
