// Memory that SIMD loads and stores like best.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace rectify {

/// The alignment, in bytes, of a cache line and of the widest vector.
inline constexpr std::size_t kAlignment = 64;

/// An allocator whose blocks begin at a multiple of kAlignment.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}
  T* allocate(std::size_t n) { return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{kAlignment})); }
  void deallocate(T* p, std::size_t) { ::operator delete (p, std::align_val_t{kAlignment}); }
  bool operator==(const AlignedAllocator&) const = default;
};

/// A std::vector whose data begins at a multiple of kAlignment.
template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

}  // namespace rectify
