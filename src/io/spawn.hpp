// Starting coroutines.
#pragma once

#include "io/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <utility>

namespace getty::connect::io {

/// Starts `work` on `on`, never within this call: `co_spawn` alone would run its beginning, and perhaps all
/// of it, right here when the caller is on that executor already. `done` takes an exception_ptr and the
/// value, if there is one.
template <class T, class Handler>
void spawn(const executor& on, task<T> work, Handler done) {
    auto begin = [on, w = std::move(work), d = std::move(done)]() mutable {
        asio::co_spawn(on, std::move(w), std::move(d));
    };
    asio::post(on, std::move(begin));
}

}  // namespace getty::connect::io
