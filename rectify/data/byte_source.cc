#include "rectify/data/byte_source.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "rectify/base/error.h"

namespace rectify {
namespace {

constexpr std::size_t kBufferSize = 256 << 10;
constexpr std::array<std::uint8_t, 2> kGzipMagic{0x1f, 0x8b};
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib.h, inflateInit2: a gzip header and trailer, and no other

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

}  // namespace

struct ByteSource::Impl {
  std::string who, name;
  File file{nullptr, nullptr};
  std::uint64_t file_size = 0, offset = 0;
  std::uint64_t taken = 0;  // bytes of the file that have left the buffer
  bool compressed = false, between_members = false;
  std::vector<std::uint8_t> buffer;
  std::size_t begin = 0, end = 0;  // what is left of the buffer
  z_stream stream{};

  ~Impl() {
    if (compressed) inflateEnd(&stream);
  }

  [[noreturn]] void fail_to_open(std::string_view reason) const { fail(who, fmt::format("{}: {}", name, reason)); }

  [[noreturn]] void fail_in_file(std::uint64_t byte, std::string_view reason) const {
    fail(who, fmt::format("{}: byte {}: {}", name, byte, reason));
  }

  /// Makes sure that the buffer holds something; false at the end of the file.
  bool fill() {
    if (begin < end) return true;
    begin = 0;
    end = std::fread(buffer.data(), 1, buffer.size(), file.get());
    if (end == 0 && std::ferror(file.get())) fail_in_file(taken, std::generic_category().message(errno));
    return end > 0;
  }

  void take(std::size_t count) {
    begin += count;
    taken += count;
  }

  std::size_t read_plain(std::uint8_t* out, std::size_t count) {
    std::size_t done = 0;
    while (done < count && fill()) {
      const std::size_t some = std::min(count - done, end - begin);
      std::copy_n(buffer.data() + begin, some, out + done);
      take(some);
      done += some;
    }
    return done;
  }

  std::size_t inflate_into(std::uint8_t* out, std::size_t count) {
    std::size_t done = 0;
    while (done < count) {
      if (!fill()) {
        if (between_members) break;
        fail_in_file(taken, "the file ends inside its gzip data");
      }
      if (between_members) {
        if (buffer[begin] != kGzipMagic[0]) fail_in_file(taken, "the gzip data end here and something that is not gzip follows");
        inflateReset(&stream);
        between_members = false;
      }
      done += inflate_some(out + done, count - done);
    }
    return done;
  }

  /// One call of zlib's inflate(); returns how many bytes it wrote.
  std::size_t inflate_some(std::uint8_t* out, std::size_t count) {
    stream.next_in = buffer.data() + begin;
    stream.avail_in = static_cast<uInt>(end - begin);
    stream.next_out = out;
    const auto room = static_cast<uInt>(std::min<std::size_t>(count, 1u << 30));
    stream.avail_out = room;
    const int status = inflate(&stream, Z_NO_FLUSH);
    take(end - begin - stream.avail_in);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END) {
      fail_in_file(taken, fmt::format("the gzip data are corrupt ({})", stream.msg ? stream.msg : zError(status)));
    }
    between_members = status == Z_STREAM_END;
    return room - stream.avail_out;
  }
};

ByteSource::ByteSource(std::string_view who, const std::filesystem::path& file) : impl_(std::make_unique<Impl>()) {
  Impl& impl = *impl_;
  impl.who = who;
  impl.name = file.string();
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (error) impl.fail_to_open(error.message());
  if (!std::filesystem::is_regular_file(status)) impl.fail_to_open("not a regular file");
  impl.file_size = std::filesystem::file_size(file, error);
  if (error) impl.fail_to_open(error.message());
  impl.file = File(std::fopen(file.c_str(), "rb"), &std::fclose);
  if (!impl.file) impl.fail_to_open(std::generic_category().message(errno));
  std::setvbuf(impl.file.get(), nullptr, _IONBF, 0);  // our buffer is larger

  impl.buffer.resize(kBufferSize);
  impl.fill();
  if (impl.end < kGzipMagic.size() || !std::equal(kGzipMagic.begin(), kGzipMagic.end(), impl.buffer.begin())) return;
  if (inflateInit2(&impl.stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  impl.compressed = true;
}

ByteSource::~ByteSource() = default;

std::size_t ByteSource::read(std::uint8_t* out, std::size_t count) {
  const std::size_t done = impl_->compressed ? impl_->inflate_into(out, count) : impl_->read_plain(out, count);
  impl_->offset += done;
  return done;
}

std::uint64_t ByteSource::offset() const { return impl_->offset; }
std::uint64_t ByteSource::file_size() const { return impl_->file_size; }
bool ByteSource::compressed() const { return impl_->compressed; }

void ByteSource::fail_at(std::uint64_t offset, std::string_view reason) const {
  fail(impl_->who, fmt::format("{}: byte {}{}: {}", impl_->name, offset, impl_->compressed ? " of the inflated data" : "", reason));
}

}  // namespace rectify
