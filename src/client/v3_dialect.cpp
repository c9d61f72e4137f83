#include "client/v3_dialect.hpp"

#include "client/dialects.hpp"
#include "core/percent_encoding.hpp"
#include "proto/http/request_writer.hpp"

#include <algorithm>
#include <array>

namespace getty::connect::detail {
namespace {

constexpr std::size_t longest_id = 64;
constexpr std::string_view comma = "%2C";  // the official clients' spelling (api.md 2.1)

/// Every member that fills one of `image` or `image_v3`, and the sizes for show. Without it the service
/// answers with nine of them.
constexpr std::string_view default_fields =
    "allowed_use%2Calternative_ids%2Cartist%2Cartist_title%2Casset_family%2Ccall_for_image%2Ccaption%2Ccity"
    "%2Ccollection_code%2Ccollection_id%2Ccollection_name%2Ccolor_type%2Ccopyright%2Ccountry%2Ccredit_line"
    "%2Cdate_camera_shot%2Cdate_created%2Cdate_submitted%2Cdisplay_set%2Ceditorial_segments"
    "%2Ceditorial_source%2Cevent_ids%2Cgraphical_style%2Cid%2Ckeywords%2Clicense_model%2Cmax_dimensions"
    "%2Cobject_name%2Corientation%2Cpeople%2Cproduct_types%2Cquality_rank%2Creferral_destinations"
    "%2Cstate_province%2Ctitle%2Curi_oembed";

std::string joined(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) {
        if (!all.empty()) all += comma;
        core::append_percent_encoded(all, name);
    }
    return all;
}

constexpr std::array<bool, 256> bytes_of_ids = [] {
    std::array<bool, 256> table{};
    for (unsigned c = 0; c < table.size(); ++c) {
        table[c] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
                   c == '_' || c == '-';
    }
    return table;
}();

bool may_be_in_id(char c) noexcept { return bytes_of_ids[static_cast<unsigned char>(c)]; }

/// `code`, or "`code`: ..." as the error's words have it.
bool says_code(std::string_view words, std::string_view code) noexcept {
    if (!words.starts_with(code)) return false;
    return words.size() == code.size() || words[code.size()] == ':';
}

bool says(std::string_view words, std::string_view what) noexcept {
    return words.find(what) != std::string_view::npos;
}

/// What is known of it stays, the status above all.
void become(calls::attempt_failure& failed, errc code, const std::string& text) {
    failed.why = calls::instead_of(failed.why, code, failed.why.stage(), text);
    failed.facts.code = code;
}

}  // namespace

v3_dialect::v3_dialect(const client_settings& settings, const proto::https_url& base,
                       const core::hash_key& key)
    : settings_(settings),
      images_(base.path + "/images"),
      fields_(settings.fields.empty() ? std::string(default_fields) : joined(settings.fields)),
      key_(key) {}

std::size_t v3_dialect::max_ids() const noexcept { return max_ids_of_v3; }
std::size_t v3_dialect::max_target_bytes() const noexcept { return std::size_t{6} * 1024; }
std::size_t v3_dialect::largest_id_bytes() const noexcept { return longest_id + comma.size(); }

std::string_view v3_dialect::why_refused(std::string_view id) const noexcept {
    if (id.empty()) return "it is empty";
    if (id.size() > longest_id) return "it is longer than 64 bytes";
    if (!std::all_of(id.begin(), id.end(), may_be_in_id)) {
        return "it holds other characters than letters, digits, '.', '_' and '-'";
    }
    if (id == "." || id == "..") return "it is a relative path segment";
    return {};
}

void v3_dialect::append_target(std::string& out, std::span<const lookup::item> items,
                               const lookup_options& options, std::string_view) const {
    out += images_;
    if (items.size() == 1) {
        out += '/';
        out += items.front().id;
        out += '?';
    } else {
        out += "?ids=";
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i > 0) out += comma;
            out += items[i].id;
        }
        out += '&';
    }
    out += "fields=";
    if (options.fields().empty()) {
        out += fields_;
    } else {
        out += joined(options.fields());
    }
}

void v3_dialect::append_fields(std::string& out, const lookup_options& options,
                               std::string_view default_language) const {
    proto::request_writer::field(out, "Api-Key", settings_.application_key);
    const std::string_view language = options.language().empty() ? default_language : options.language();
    if (!language.empty()) proto::request_writer::field(out, "Accept-Language", language);
}

void v3_dialect::append_secrets(std::vector<std::string_view>& to) const {
    // By itself it opens lookups.
    to.push_back(settings_.application_key);
}

/// "No such image" is the service's to say; a 404 without that comes from an address where it is not.
void v3_dialect::refine_not_found(calls::attempt_failure& failed) const {
    const std::string words = failed.why.message();
    if (says_code(words, "ImageNotFound") || says(words, "Image id not found")) return;
    become(failed, errc::unexpected_status,
           "it does not say that it is about an image; check base_url \"" + *settings_.base_url + "\"" +
               (words.empty() ? "" : ": " + words));
}

void v3_dialect::refine(calls::attempt_failure& failed, const http::response& answer) const {
    if (answer.status == 404) return refine_not_found(failed);
    if (answer.status != 403) return;
    if (failed.why == errc::throttled || failed.why == errc::quota_exhausted) return;
    const std::string words = failed.why.message();
    if (says(words, "Per Second")) {
        failed.facts.over_queries_per_second = true;
        become(failed, errc::throttled, words);
    } else if (says(words, "Over Rate Limit")) {
        become(failed, errc::quota_exhausted, words);
    } else if (says(words, "Missing Authentication Token")) {
        // What the gateway says where it has no route.
        failed.for_all = true;
        become(failed, errc::invalid_option,
               "base_url \"" + *settings_.base_url +
                   "\": there is no such interface; check the address: " + words);
    } else if (says_code(words, "Forbidden") || says_code(words, "ForbiddenException")) {
        failed.for_all = true;
        become(failed, errc::forbidden, "the API key is not allowed to: " + words);
    }
}

/// The items of a request, found by id.
class v3_dialect::items_by_id {
public:
    items_by_id(v3_dialect& in, std::span<lookup::item> items) : in_(in), items_(items) {
        in_.taken_.assign(items.size(), false);
    }
    ~items_by_id() {
        for (std::size_t i = 0; i < indexed_; ++i) {
            in_.index_.erase(core::keyed_hash(in_.key_, items_[i].id), static_cast<std::uint32_t>(i));
        }
    }
    items_by_id(const items_by_id&) = delete;
    items_by_id& operator=(const items_by_id&) = delete;

    /// Each once; null: nobody's, or taken already.
    lookup::item* take(std::string_view id) {
        const std::size_t at = find(id);
        if (at == items_.size() || in_.taken_[at]) {
            ++strangers_;
            return nullptr;
        }
        in_.taken_[at] = true;
        next_ = at + 1;
        return &items_[at];
    }
    void nameless() noexcept { ++strangers_; }
    [[nodiscard]] std::size_t strangers() const noexcept { return strangers_; }

private:
    [[nodiscard]] bool is_short() const noexcept { return items_.size() <= 8; }
    [[nodiscard]] std::size_t find(std::string_view id) {
        // Many answers keep to the order of the request.
        if (next_ < items_.size() && items_[next_].id == id) return next_;
        if (is_short()) {
            const auto same = [id](const lookup::item& one) { return one.id == id; };
            return static_cast<std::size_t>(std::find_if(items_.begin(), items_.end(), same) -
                                            items_.begin());
        }
        if (indexed_ == 0) index();
        const auto found = in_.index_.find(core::keyed_hash(in_.key_, id),
                                           [&](std::uint32_t at) { return items_[at].id == id; });
        return found == core::hash_index::none ? items_.size() : found;
    }
    void index() {
        in_.index_.reserve(items_.size());
        for (; indexed_ < items_.size(); ++indexed_) {
            in_.index_.insert(core::keyed_hash(in_.key_, items_[indexed_].id),
                              static_cast<std::uint32_t>(indexed_));
        }
    }

    v3_dialect& in_;
    std::span<lookup::item> items_;
    std::size_t next_ = 0;
    std::size_t indexed_ = 0;  // so many of them: none, until an answer leaves their order
    std::size_t strangers_ = 0;
};

class v3_dialect::typed_sink final : public proto::image_set_sink {
public:
    explicit typed_sink(items_by_id& items) : items_(items) {}
    image* place_for(std::string_view id) override {
        lookup::item* const one = items_.take(id);
        if (one == nullptr) return nullptr;
        one->is = lookup::item::state::found;
        return &one->into->image;
    }
    void not_found(std::string_view id) override {
        if (lookup::item* const one = items_.take(id)) one->is = lookup::item::state::not_found;
    }
    void nameless() override { items_.nameless(); }

private:
    items_by_id& items_;
};

class v3_dialect::raw_sink final : public proto::raw_set_sink {
public:
    explicit raw_sink(items_by_id& items) : items_(items) {}
    void object(std::string_view id, std::string_view bytes) override {
        lookup::item* const one = items_.take(id);
        if (one == nullptr) return;
        one->is = lookup::item::state::found;
        one->into->raw = bytes;
    }
    void not_found(std::string_view id) override {
        if (lookup::item* const one = items_.take(id)) one->is = lookup::item::state::not_found;
    }
    void nameless() override { items_.nameless(); }

private:
    items_by_id& items_;
};

lookup::reading v3_dialect::read(std::string_view body, std::span<lookup::item> items, decode form) {
    lookup::reading said;
    if (form != decode::raw) {
        items_by_id by_id(*this, items);
        typed_sink into(by_id);
        said.failure = decoder_.decode(body, into);
        said.strangers = by_id.strangers();
    }
    if (!said.failure && form != decode::typed) {
        items_by_id by_id(*this, items);
        raw_sink into(by_id);
        said.failure = proto::find_raw_images(body, into);
        said.strangers = by_id.strangers();
    }
    const auto is_open = [](const lookup::item& one) { return one.is == lookup::item::state::open; };
    said.unnamed = !said.failure && said.strangers == 0 && std::all_of(items.begin(), items.end(), is_open);
    for (lookup::item& one : items) one.into->coordination_id.clear();
    return said;
}

}  // namespace getty::connect::detail
