// Where a batch takes its ids from: a range, a generator or something that has to be waited for.
#pragma once

#include <getty/connect/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)

namespace getty::connect::detail {

/// Of one that waits, `next_async` is awaited when `next` has nothing.
class id_producer {
public:
    virtual ~id_producer() = default;
    [[nodiscard]] virtual bool waits() const noexcept { return false; }
    /// Writes the next id; false at the end, or where one has to be waited for.
    virtual bool next(std::string&) { return false; }
    virtual boost::asio::awaitable<std::optional<std::string>> next_async() { co_return std::nullopt; }
};

template <std::ranges::view View>
class range_producer final : public id_producer {
public:
    explicit range_producer(View view) : view_(std::move(view)) {}
    bool next(std::string& id) override {
        if (!at_) {
            at_.emplace(std::ranges::begin(view_));
        } else if (*at_ != std::ranges::end(view_)) {
            ++*at_;
        }
        if (*at_ == std::ranges::end(view_)) return false;
        id = std::string_view(**at_);
        return true;
    }

private:
    View view_;
    std::optional<std::ranges::iterator_t<View>> at_;
};

template <class Function>
class generator_producer final : public id_producer {
public:
    explicit generator_producer(Function f) : function_(std::move(f)) {}
    bool next(std::string& id) override {
        std::optional<std::string> one = function_();
        if (!one) return false;
        id = std::move(*one);
        return true;
    }

private:
    Function function_;
};

template <class Function>
class waiting_producer final : public id_producer {
public:
    explicit waiting_producer(Function f) : function_(std::move(f)) {}
    [[nodiscard]] bool waits() const noexcept override { return true; }
    boost::asio::awaitable<std::optional<std::string>> next_async() override { return function_(); }

private:
    Function function_;
};

template <class Function, class AtHand>
class ready_or_waiting_producer final : public id_producer {
public:
    ready_or_waiting_producer(Function f, AtHand at_hand)
        : function_(std::move(f)), at_hand_(std::move(at_hand)) {}
    [[nodiscard]] bool waits() const noexcept override { return true; }
    bool next(std::string& id) override {
        std::optional<std::string> one = at_hand_();
        if (!one) return false;
        id = std::move(*one);
        return true;
    }
    boost::asio::awaitable<std::optional<std::string>> next_async() override { return function_(); }

private:
    Function function_;
    AtHand at_hand_;
};

template <class Range>
concept id_range = std::ranges::input_range<Range> &&
                   std::convertible_to<std::ranges::range_reference_t<Range>, std::string_view>;

template <class Function>
concept id_generator = requires(Function& f) {
    { f() } -> std::same_as<std::optional<std::string>>;
};

template <class Function>
concept waiting_id_generator = requires(Function& f) {
    { f() } -> std::same_as<boost::asio::awaitable<std::optional<std::string>>>;
};

}  // namespace getty::connect::detail

namespace getty::connect::inline GETTY_CONNECT_ABI {

/// A sequence of ids, pulled one at a time and never before there is room for its outcome.
///
/// - from a range of strings: a view (`std::span`, `std::views::…`) is kept as it is, so what it refers to
///   must outlive the batch; any other range is moved, or copied when it is an lvalue;
/// - from a list in braces, as in `client.fetch({"83454800", "83454801"})`: copied;
/// - from a function returning `std::optional<std::string>`: called until it returns nothing;
/// - from a function returning `boost::asio::awaitable<std::optional<std::string>>`: awaited on the client's
///   executor, one call at a time; a batch that is canceled cancels the wait (`cancellation_type::terminal`);
/// - from such a function and one that returns `std::optional<std::string>`: the latter is asked first and
///   returns an id that is at hand, or nothing where one has to be waited for, or none is left. For a queue
///   that is seldom empty: to await costs more than a microsecond.
///
/// An exception from any of them ends the batch after the outcomes of the ids pulled so far, as
/// `errc::invalid_source`.
class id_source {
public:
    template <class Range>
        requires(detail::id_range<Range> && !std::same_as<std::remove_cvref_t<Range>, id_source>)
    id_source(Range&& ids) {  // NOLINT(google-explicit-constructor): a source is whatever yields ids
        if constexpr (std::ranges::view<std::remove_cvref_t<Range>>) {
            producer_ = make_range(std::remove_cvref_t<Range>(std::forward<Range>(ids)));
        } else {
            producer_ =
                make_range(std::ranges::owning_view(std::remove_cvref_t<Range>(std::forward<Range>(ids))));
        }
    }

    /// These ids, copied.
    id_source(std::initializer_list<std::string_view> ids)
        : id_source(std::vector<std::string>(ids.begin(), ids.end())) {}

    template <detail::id_generator Function>
    id_source(Function generator)  // NOLINT(google-explicit-constructor)
        : producer_(std::make_unique<detail::generator_producer<Function>>(std::move(generator))) {}

    template <detail::waiting_id_generator Function>
    id_source(Function generator)  // NOLINT(google-explicit-constructor)
        : producer_(std::make_unique<detail::waiting_producer<Function>>(std::move(generator))) {}

    template <detail::waiting_id_generator Function, detail::id_generator AtHand>
    id_source(Function generator, AtHand at_hand)
        : producer_(std::make_unique<detail::ready_or_waiting_producer<Function, AtHand>>(
              std::move(generator), std::move(at_hand))) {}

    /// For the library.
    [[nodiscard]] std::unique_ptr<detail::id_producer> take() && { return std::move(producer_); }

private:
    template <class View>
    static std::unique_ptr<detail::id_producer> make_range(View view) {
        return std::make_unique<detail::range_producer<View>>(std::move(view));
    }

    std::unique_ptr<detail::id_producer> producer_;
};

}  // namespace getty::connect::inline GETTY_CONNECT_ABI

#pragma GCC visibility pop
