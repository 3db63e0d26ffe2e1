#include "document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "layers.h"
#include "rectify/base/error.h"
#include "sources.h"

namespace rectify::certify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Row row(std::string most, std::string sources) {
  return {"kernel", std::move(most), "0.1", "1 = 0x1p+0", "0.5", "", "3", "0", "all", "0123456789abcdef", std::move(sources)};
}

TEST(Document, is_read_back_as_it_was_written) {
  Document document;
  document.set({"AVX2", "tanh", "forward"}, row("1.4", "a"));
  document.set({"SSE4", "tanh", "forward"}, row("1.5", "a"));
  Row tiles = row("2", "b");
  tiles.by = "tiles";
  tiles.wrong = "3, first nan, 2 unknown";
  tiles.absolute = "";
  document.set({"AVX2", "isru", "gradient"}, tiles);
  const std::string text = document.render({"AVX2", "SSE4"}, {"tanh", "isru"});
  EXPECT_EQ(Document::parse(text).rows(), document.rows());
  EXPECT_EQ(Document::parse(text).render({"AVX2", "SSE4"}, {"tanh", "isru"}), text);
}

TEST(Document, targets_with_the_same_row_share_it_and_order_is_kept) {
  Document document;
  for (const char* target : {"AVX2", "AVX3", "SSE4"}) document.set({target, "tanh", "forward"}, row(target[0] == 'A' ? "1.4" : "1.5", "a"));
  document.set({"AVX3", "elu", "forward"}, row("1", "a"));
  const std::string text = document.render({"AVX3", "AVX2", "SSE4"}, {"tanh", "elu"});
  EXPECT_THAT(text, HasSubstr("| tanh | forward | AVX3, AVX2 | 1.4 |"));
  EXPECT_LT(text.find("| AVX3, AVX2 |"), text.find("| tanh | forward | SSE4 | 1.5 |"));
  EXPECT_LT(text.find("| tanh |"), text.find("| elu |"));
}

TEST(Document, what_is_no_row_is_left_out) {
  EXPECT_THAT(Document::parse("").rows(), IsEmpty());
  EXPECT_THAT(Document::parse("| |\n|\n| a | b |\n| function | direction |\n").rows(), IsEmpty());
}

TEST(Document, rows_tell_what_was_seen) {
  Measure seen;
  seen.normal = 2;
  seen.ulp_sum = 3;
  seen.ulp = {2.5, -0.375f};
  seen.wrong = 2;
  seen.first_wrong = -0.0f;
  seen.share = {1.25, 1};
  seen.near_root = {3e-8, 1};
  const Row r = row_of("kernel", {.ulp = 2, .near_root = 1e-7, .roots = {1}}, seen, "1/1024", "abc");
  EXPECT_EQ(r.by, "kernel");
  EXPECT_EQ(r.most, "2.500");
  EXPECT_EQ(r.mean, "1.500");
  EXPECT_EQ(r.worst, "-0.375 = -0x1.8p-2");
  EXPECT_EQ(r.absolute, "3.0e-08");
  EXPECT_EQ(r.allowed, "2 or 1e-07, missed");
  EXPECT_EQ(r.wrong, "2, first -0");
  EXPECT_EQ(r.inputs, "1/1024");
  EXPECT_FALSE(r.is_exhaustive());
  EXPECT_EQ(r.results, "");
  seen.digest = 0x123;
  const Row all = row_of("kernel", {}, seen, "all", "abc");
  EXPECT_TRUE(all.is_exhaustive());
  EXPECT_EQ(all.results, "0000000000000123");
}

TEST(StaleRows, are_missing_changed_or_unknown_ones) {
  Document document;
  for (const char* direction : {"forward", "gradient"}) document.set({"AVX2", "tanh", direction}, row("1", "a"));
  EXPECT_THAT(stale_rows(document, {{"tanh", "a"}}), IsEmpty());
  EXPECT_THAT(stale_rows(document, {{"tanh", "b"}}),
              ElementsAre("tanh forward on AVX2: its sources have changed", "tanh gradient on AVX2: its sources have changed"));
  EXPECT_THAT(stale_rows(document, {{"elu", "c"}, {"tanh", "a"}}),
              ElementsAre("elu forward on AVX2: there is no row", "elu gradient on AVX2: there is no row"));
  EXPECT_THAT(stale_rows(document, {}),
              ElementsAre("tanh on AVX2: the catalogue has no such function", "tanh on AVX2: the catalogue has no such function"));
  EXPECT_THAT(stale_rows(Document(), {}), ElementsAre("there are no rows"));
}

/// A tree like the project's, small.
class Sources : public testing::Test {
 protected:
  Sources() {
    std::filesystem::remove_all(root_);
    write("simd/math-inl.h", "float exp(float x);  // of x\n");
    write("simd/other-inl.h", "nothing that a kernel includes\n");
    write("activation/loops-inl.h", "#include \"rectify/simd/math-inl.h\"\nloop\n");
    write("activation/recording-inl.h", "sums\n");
    write("activation/one_family.cc",
          "#include \"rectify/activation/loops-inl.h\"\n#include \"rectify/activation/recording-inl.h\"\n"
          "struct One { kEntry{\"one\", \"\", \"x\"}; float f(float x) { return exp(x); } };\n");
    write("activation/two_family.cc", "struct Two { kEntry{ \"two\", \"\", \"x\"}; };\n");
    for (const char* file :
         {"activation/tiles.h", "activation/tiles.cc", "activation/tile_ops.h", "activation/tile_ops.cc", "activation/tile_program.h",
          "activation/tile_program.cc", "activation/tile_trust.h", "activation/tile_trust.cc", "formula/derivative.cc",
          "formula/evaluate.cc", "formula/expression.cc", "formula/operation.cc", "formula/program.cc", "formula/wide.cc"}) {
      write(file, "code");
    }
  }
  ~Sources() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = root_ / "rectify" / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string kernel(const char* name) { return hash_of_sources(root_, {name, "", "x", "", ""}, Implementation::kKernel); }
  std::string tiles(const char* formula) { return hash_of_sources(root_, {"f", "", formula, "", ""}, Implementation::kTiles); }

  std::filesystem::path root_ = std::filesystem::path(testing::TempDir()) / "rectify_sources";
};

TEST_F(Sources, hash_follows_the_code_that_decides) {
  const std::string one = kernel("one"), two = kernel("two"), f = tiles("x"), g = tiles("x + 1");
  EXPECT_NE(f, g);
  EXPECT_EQ(one.size(), 16u);
  write("activation/two_family.cc", "struct Two { kEntry{\"two\", \"\", \"x\"}; int more; };\n");
  EXPECT_EQ(kernel("one"), one) << "another family";
  EXPECT_NE(kernel("two"), two);
  write("activation/tiles.cc", "other code");
  EXPECT_EQ(kernel("one"), one);
  EXPECT_NE(tiles("x"), f);
  write("simd/other-inl.h", "other code\n");
  write("activation/recording-inl.h", "other sums\n");
  EXPECT_EQ(kernel("one"), one) << "included by none, or for recording alone";
  write("activation/loops-inl.h", "#include \"rectify/simd/math-inl.h\"\nanother loop\n");
  const std::string other = kernel("one");
  EXPECT_NE(other, one);
  write("simd/math-inl.h", "double exp(double x);\n");
  EXPECT_NE(kernel("one"), other) << "included by a header that is included";
}

TEST_F(Sources, what_a_kernel_does_not_reach_does_not_count) {
  const std::string before =
      "#include \"rectify/activation/family-inl.h\"\n\ninline constexpr float kA = 1, kB = 2;\n\n"
      "template <class V>\nV helper(V x) {\n  return x * kA;\n}\n\n";
  const std::string two = "struct Two {\n  kEntry{\"two\", \"\", \"x\"};\n\n  float f(float x) { return x; }\n};\n\n";
  const std::string one = "struct One {\n  kEntry{\"one\", \"\", \"x\"};\n\n  float f(float x) { return helper(x); }\n};\n\n";
  const std::string after = "using Both = FamilyOf<One, Two>;\n";
  const auto one_with = [&](const std::string& text) {
    write("activation/one_family.cc", text);
    return kernel("one");
  };
  std::filesystem::remove(root_ / "rectify/activation/two_family.cc");
  const std::string loops = "float loop(float x) {\n  return x;\n}\n\nfloat unused(float x) {\n  return x;\n}\n";
  write("activation/family-inl.h", "#include \"rectify/activation/loops-inl.h\"\n\nstruct FamilyOf {\n  A::kEntry; loop\n};\n");
  write("activation/loops-inl.h", loops);
  const std::string hash = one_with(before + two + one + after);
  EXPECT_EQ(one_with(before + one + after), hash) << "a neighbour";
  EXPECT_EQ(one_with(before + "float other(float x) {\n\n  return x;\n}\n\n" + two + one + after), hash) << "a helper of others";
  EXPECT_NE(one_with(before + "#define A 1\n\n" + two + one + after), hash) << "a directive";
  std::string changed = before;
  changed.replace(changed.find("kB = 2"), 6, "kB = 3");
  EXPECT_NE(one_with(changed + two + one + after), hash) << "declared beside what a helper names";
  changed = one;
  changed.replace(changed.find("(x); }"), 6, "(-x); }");
  EXPECT_NE(one_with(before + two + changed + after), hash) << "a part of the struct behind a blank line";
  ASSERT_EQ(one_with(before + two + one + after), hash);
  std::string other = loops;
  write("activation/loops-inl.h", other.replace(other.rfind("return x"), 8, "return 0"));
  EXPECT_EQ(kernel("one"), hash) << "what no loop needs";
  other = loops;
  write("activation/loops-inl.h", other.replace(other.find("return x"), 8, "return 0"));
  EXPECT_NE(kernel("one"), hash) << "what runs it";
}

TEST_F(Sources, comments_and_spaces_do_not_count) {
  const std::string one = kernel("one");
  write("simd/math-inl.h", "// Exponential.\nfloat exp(float x);\n\n");
  EXPECT_EQ(kernel("one"), one);
  write("simd/math-inl.h", "float exp(float y);\n");
  EXPECT_NE(kernel("one"), one);
}

TEST_F(Sources, a_kernel_has_to_be_declared_once) {
  EXPECT_THROW(kernel("three"), Error);
  write("activation/other_family.cc", "struct One { kEntry = {\"one\", \"\"}; };\n");
  EXPECT_THROW(kernel("one"), Error);
}

TEST(SourcesOfTheProject, every_activation_has_a_hash) {
  for (const CatalogueEntry& entry : catalogue()) {
    EXPECT_EQ(hash_of_sources(RECTIFY_SOURCE_DIR, entry, Activation(entry.name).implementation()).size(), 16u) << entry.name;
  }
  for (const std::string& layer : layer_names()) EXPECT_EQ(hash_of_layer_sources(RECTIFY_SOURCE_DIR, layer).size(), 16u) << layer;
}

}  // namespace
}  // namespace rectify::certify
