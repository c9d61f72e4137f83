// Owners of what C libraries make.
#pragma once

#include <memory>

namespace getty::connect::core {

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};

/// Owns what `Free` frees: `owned<X509, X509_free>`.
template <class T, auto Free>
using owned = std::unique_ptr<T, freed_by<Free>>;

}  // namespace getty::connect::core
