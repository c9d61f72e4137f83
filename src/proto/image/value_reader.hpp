// What the readers of image bodies have in common: texts without copies, values into their fields, failures.
#pragma once

#include "core/decimal.hpp"
#include "proto/image/field_table.hpp"
#include "proto/image/image_decoder.hpp"
#include "proto/json/decode_failure.hpp"
#include "proto/json/exact_integer.hpp"

#include <boost/json/basic_parser.hpp>
#include <boost/system/error_code.hpp>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>

namespace getty::connect::proto {

namespace json = boost::json;

/// What a value of this kind ought to be, in words.
[[nodiscard]] std::string_view wanted_type(expected value) noexcept;

/// The texts of a body as its reader keeps them for the time being: views into the body, or into a buffer of
/// their own when they were written with escapes.
class body_texts {
public:
    [[nodiscard]] std::optional<decode_failure>& failure() noexcept { return failure_; }
    /// Whether the failure knows its place; else it is where the parser stopped.
    [[nodiscard]] bool has_offset() const noexcept { return has_offset_; }

protected:
    void start_texts(std::string_view body) {
        body_ = body;
        unescaped_.clear();
        failure_.reset();
    }
    /// No text so far is needed any more.
    void forget_texts() noexcept { unescaped_.clear(); }

    [[nodiscard]] bool in_body(std::string_view text) const noexcept {
        const std::less_equal<const char*> not_after;
        return not_after(body_.data(), text.data()) && not_after(text.data(), body_.data() + body_.size());
    }

    void begin_text() noexcept { text_start_ = unescaped_.size(); }

    /// The text that ends with `rest` and has `size` bytes in all; no copy when it stands in the body as is.
    std::string_view whole_text(std::string_view rest, std::size_t size) {
        if (size == rest.size()) {
            if (in_body(rest)) return {rest.data(), rest.size()};
            begin_text();
        }
        append_unescaped(rest);
        return std::string_view(unescaped_).substr(text_start_);
    }

    /// Unescaped text is never longer than its source: room for the body once, and no view ever moves.
    [[gnu::noinline]] void append_unescaped(std::string_view part) {
        if (unescaped_.empty()) unescaped_.reserve(body_.size());
        unescaped_.append(part.data(), part.size());
    }

    /// A key, as long as texts are kept.
    std::string_view kept(std::string_view key) {
        if (in_body(key)) return key;
        begin_text();
        append_unescaped(key);
        return std::string_view(unescaped_).substr(text_start_);
    }

    /// `value`: the offending text or number when there is one, for its position. Returns false.
    bool fail_at(boost::system::error_code& ec, decode_kind kind, std::string_view value, std::string path,
                 std::string detail);

    /// Moves every text that `each` shows, `text_bytes` in all, into one block.
    ///
    /// Short texts are copied with what is behind them in the body: a fixed number of bytes takes no call.
    /// The next text overwrites the surplus, and for that of the last one the block has room.
    template <class ForEach>
    [[nodiscard]] std::shared_ptr<const char[]> gather_texts(std::size_t text_bytes, ForEach&& each) const {
        constexpr std::size_t fixed = 32;
        const auto body = reinterpret_cast<std::uintptr_t>(body_.data());
        const std::size_t starts_in_body = body_.size() < fixed ? 0 : body_.size() - fixed + 1;
        auto block = std::make_shared_for_overwrite<char[]>(text_bytes + fixed);
        char* next = block.get();
        each([&](std::string_view& text) {
            const std::size_t size = text.size();
            if (size <= fixed && reinterpret_cast<std::uintptr_t>(text.data()) - body < starts_in_body) {
                std::memcpy(next, text.data(), fixed);
            } else if (size != 0) {
                std::memcpy(next, text.data(), size);
            }
            text = {next, size};
            next += size;
        });
        return block;
    }

private:
    std::string_view body_;
    std::string unescaped_;
    std::size_t text_start_ = 0;
    bool has_offset_ = false;
    std::optional<decode_failure> failure_;
};

/// The part of a parser's handler that is the same for all documents: what a single value is worth, and what
/// is skipped. `Reader`, which derives from this, knows the document:
///
/// - `take_key(key)` says by `take_field` or `expects_` what comes next;
/// - `take_no_list(ec)`: null for what is no field of a single value or list of texts;
/// - `take_other_text(text, ec)`, `take_other_integer(value, ec, text)`: for values of its own kinds;
/// - `path()`: where it stands.
///
/// Invariants: `skipping_` counts open containers below an unknown key, and nothing else changes while it is
/// not 0. `expects_` says what the next value must be; on a key or at the end of a list entry it is set anew.
template <class Reader>
class value_reader : public body_texts {
    friend Reader;
    value_reader() = default;

public:
    static constexpr std::size_t max_array_size = image_decoder::max_list_entries;
    static constexpr std::size_t max_object_size = image_decoder::max_object_keys;
    static constexpr std::size_t max_string_size = image_decoder::max_text_bytes;
    static constexpr std::size_t max_key_size = image_decoder::max_key_bytes;

    // what basic_parser calls; containers are the reader's

    bool on_document_begin(boost::system::error_code&) { return true; }
    bool on_document_end(boost::system::error_code&) { return true; }
    bool on_comment_part(std::string_view, boost::system::error_code&) { return true; }
    bool on_comment(std::string_view, boost::system::error_code&) { return true; }
    bool on_number_part(std::string_view, boost::system::error_code&) { return true; }

    bool on_key_part(std::string_view part, std::size_t, boost::system::error_code&) {
        if (skipping_ == 0) key_.append(part.data(), part.size());
        return true;
    }

    bool on_key(std::string_view rest, std::size_t size, boost::system::error_code&) {
        if (skipping_ > 0) return true;
        if (size == rest.size()) {
            self().take_key({rest.data(), rest.size()});
            return true;
        }
        key_.append(rest.data(), rest.size());
        self().take_key(key_);
        key_.clear();
        return true;
    }

    bool on_string_part(std::string_view part, std::size_t size, boost::system::error_code&) {
        if (ignoring()) return true;
        if (size == part.size()) begin_text();
        append_unescaped(part);
        return true;
    }

    bool on_string(std::string_view rest, std::size_t size, boost::system::error_code& ec) {
        if (ignoring()) return true;
        const std::string_view text = whole_text(rest, size);
        switch (expects_) {
            case expected::text:
                *text_ = text;
                text_bytes_ += text.size();
                return true;
            case expected::text_entry:
                ++entries_;
                texts_->push_back(text);
                text_bytes_ += text.size();
                return true;
            case expected::document:
                return fail(ec, decode_kind::not_an_object, {});
            default:
                break;
        }
        if (text.empty()) return take_nothing(ec);
        switch (expects_) {
            case expected::date:
                date_->emplace();
                (*date_)->original = text;
                text_bytes_ += text.size();
                return true;
            case expected::integer_or_text:
            case expected::integer_entry: {
                std::int64_t value = 0;
                const char* const end = text.data() + text.size();
                const auto [stop, problem] = std::from_chars(text.data(), end, value);
                if (stop != end || problem == std::errc::invalid_argument) return mistyped(ec, text);
                if (problem != std::errc()) return fail(ec, decode_kind::out_of_range, text);
                return take_integer(value, ec, text);
            }
            default:
                return self().take_other_text(text, ec);
        }
    }

    bool on_int64(std::int64_t value, std::string_view text, boost::system::error_code& ec) {
        if (ignoring()) return true;
        if (expects_ == expected::number) {
            *number_ = static_cast<double>(value);
            return true;
        }
        return take_integer(value, ec, {text.data(), text.size()});
    }

    bool on_uint64(std::uint64_t value, std::string_view text, boost::system::error_code& ec) {
        return on_double(static_cast<double>(value), text, ec);
    }

    bool on_double(double value, std::string_view written, boost::system::error_code& ec) {
        if (ignoring()) return true;
        const std::string_view text(written.data(), written.size());
        switch (expects_) {
            case expected::number:
                // the parser rounds long numbers twice
                if (text.size() > 16) value = core::read_decimal(text).value_or(value);
                if (!std::isfinite(value)) return fail(ec, decode_kind::out_of_range, text);
                *number_ = value;
                return true;
            case expected::integer:
            case expected::integer_or_text:
            case expected::integer_as_text:
            case expected::relevance:
            case expected::integer_entry: {
                std::int64_t exact = 0;
                switch (read_exact_integer(text, exact)) {
                    case integer_verdict::exact:
                        return take_integer(exact, ec, text);
                    case integer_verdict::out_of_range:
                        return fail(ec, decode_kind::out_of_range, text);
                    case integer_verdict::not_integral:
                        break;
                }
                return mistyped(ec, text);
            }
            default:
                return mistyped(ec, text);
        }
    }

    bool on_bool(bool value, boost::system::error_code& ec) {
        if (ignoring()) return true;
        if (expects_ != expected::flag) return mistyped(ec);
        *flag_ = value;
        return true;
    }

    bool on_null(boost::system::error_code& ec) { return ignoring() || take_nothing(ec); }

protected:
    void start_values(std::string_view body) {
        start_texts(body);
        key_.clear();
        expects_ = expected::document;
        skipping_ = 0;
    }

    [[nodiscard]] bool ignoring() const noexcept { return skipping_ > 0 || expects_ == expected::anything; }

    bool skip_container() noexcept {
        ++skipping_;
        return true;
    }

    /// `null`, or a blank that is as good.
    bool take_nothing(boost::system::error_code& ec) {
        switch (expects_) {
            case expected::document:
                return mistyped(ec);
            case expected::text:
            case expected::integer_as_text:
                text_->reset();
                return true;
            case expected::date:
                date_->reset();
                return true;
            case expected::integer:
            case expected::integer_or_text:
                integer_->reset();
                return true;
            case expected::number:
                number_->reset();
                return true;
            case expected::flag:
                flag_->reset();
                return true;
            case expected::texts:
                texts_->clear();
                return true;
            default:
                self().take_no_list();
                return true;
        }
    }

    /// `field` of `owner` comes next; null: nothing that matters.
    template <class Owner, class Base>
    void take_field(const field_of<Owner>* field, Base& owner, std::string_view& name) noexcept {
        if (field == nullptr) {
            expects_ = expected::anything;
            return;
        }
        name = field->name;
        expects_ = field->expects;
        switch (field->expects) {
            case expected::text:
            case expected::integer_as_text:
                text_ = &(owner.*field->text);
                break;
            case expected::date:
                date_ = &(owner.*field->date);
                break;
            case expected::integer:
            case expected::integer_or_text:
                integer_ = &(owner.*field->integer);
                break;
            case expected::number:
                number_ = &(owner.*field->number);
                break;
            case expected::flag:
                flag_ = &(owner.*field->flag);
                break;
            case expected::texts:
                texts_ = &(owner.*field->texts);
                break;
            default:
                break;
        }
    }

    bool take_integer(std::int64_t value, boost::system::error_code& ec, std::string_view text) {
        switch (expects_) {
            case expected::integer:
            case expected::integer_or_text:
                *integer_ = value;
                return true;
            case expected::integer_entry:
                ++entries_;
                integers_->push_back(value);
                return true;
            default:
                return self().take_other_integer(value, ec, text);
        }
    }

    /// Returns false, as the two below.
    bool fail(boost::system::error_code& ec, decode_kind kind, std::string_view value,
              std::string detail = {}) {
        return fail_at(ec, kind, value, self().path(), std::move(detail));
    }
    bool mistyped(boost::system::error_code& ec, std::string_view value = {}) {
        if (expects_ == expected::document) return fail(ec, decode_kind::not_an_object, value);
        return fail(ec, decode_kind::wrong_type, value, std::string(wanted_type(expects_)));
    }

    expected expects_ = expected::document;
    std::size_t skipping_ = 0;
    std::size_t entries_ = 0;     ///< entries begun in the list the reader is in
    std::size_t text_bytes_ = 0;  ///< of the image; of a key that came twice, both

    // where the value goes that `expects_` announces
    optional_text* text_ = nullptr;
    std::optional<date_time>* date_ = nullptr;
    std::optional<std::int64_t>* integer_ = nullptr;
    std::optional<double>* number_ = nullptr;
    std::optional<bool>* flag_ = nullptr;
    texts_list* texts_ = nullptr;
    std::vector<std::int64_t>* integers_ = nullptr;

private:
    [[nodiscard]] Reader& self() noexcept { return static_cast<Reader&>(*this); }

    std::string key_;
};

}  // namespace getty::connect::proto
