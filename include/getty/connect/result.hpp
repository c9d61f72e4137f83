// Value or error: the form in which every operation of the library answers.
#pragma once

#include <getty/connect/error.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#pragma GCC visibility push(default)

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// `T`, or the `error` that stands in its place. `value()` throws `failure` when it holds an error.
template <class T>
using result = boost::system::result<T, error>;

/// What `result::value()` throws: a `system_error` whose `code()` is the error's, with the whole error kept.
class failure : public boost::system::system_error {
public:
    explicit failure(connect::error e) : system_error(e.code(), e.describe()), error_(std::move(e)) {}
    [[nodiscard]] const connect::error& error() const noexcept { return error_; }

private:
    connect::error error_;
};

/// Found by `boost::system::result` through argument-dependent lookup.
[[noreturn]] inline void throw_exception_from_error(const error& e, const boost::source_location&) {
    throw failure(e);
}

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
