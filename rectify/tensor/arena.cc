#include "rectify/tensor/arena.h"

#include <fmt/format.h>

#include <new>
#include <stdexcept>

#include "rectify/base/error.h"

namespace rectify {

void Arena::allocate() {
  const std::size_t bytes = arrays_ + scratch_;
  try {
    block_.resize(bytes);
  } catch (const std::bad_alloc&) {
    fail("memory", fmt::format("{:.3g} GiB could not be had: use a smaller batch or network", static_cast<double>(bytes) / (1 << 30)));
  } catch (const std::length_error&) {
    fail("memory", fmt::format("{} bytes are more than can be addressed: use a smaller batch or network", bytes));
  }
  for (const auto& resolve : pending_) resolve();
  pending_.clear();
}

}  // namespace rectify
