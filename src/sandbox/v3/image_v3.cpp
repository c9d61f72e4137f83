#include "sandbox/v3/image_v3.hpp"

#include "core/ascii.hpp"
#include "sandbox/catalogue/catalogue.hpp"
#include "sandbox/catalogue/catalogue_words.hpp"
#include "sandbox/catalogue/dice.hpp"
#include "sandbox/catalogue/writing.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>

namespace getty::connect::sandbox::v3 {
namespace {

namespace json = boost::json;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = core::ascii_lower(c);
    return out;
}

std::int64_t number_in(std::string_view text) noexcept {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Seconds since 1970 of a date as the catalogue writes it; one without a zone is UTC.
std::int64_t seconds_of(std::string_view text) {
    constexpr std::string_view milliseconds = "/Date(";
    if (text.starts_with(milliseconds)) return number_in(text.substr(milliseconds.size())) / 1'000;
    const auto at = [&](std::size_t begin, std::size_t digits) {
        return number_in(text.substr(begin, digits));
    };
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(at(0, 4))),
                                           std::chrono::month(static_cast<unsigned>(at(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(at(8, 2)))};
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t local = days * day_seconds + at(11, 2) * 3'600 + at(14, 2) * 60 + at(17, 2);
    return text.ends_with("-07:00") ? local + 7 * 3'600 : local;
}

/// Writes one image from its other form. What v3 alone has is drawn from the id, a fresh set of draws for
/// each member: what one member says does not depend on which others are asked for.
class portrait {
public:
    portrait(std::string& out, std::string_view id, const json::object& from, field_set fields,
             v3_dates dates)
        : out_(out), id_(id), from_(from), fields_(fields), dates_(dates) {
        const json::array& sizes = list_of("SizesDownloadableImages");
        licensed_ = !list_of("ApplicableProductOfferings").empty();
        dice draw = draws("dimensions");
        width_ = 3'000 + static_cast<std::int64_t>(draw.below(5'000));
        height_ = width_ * 2 / 3;
        if (!sizes.empty()) {
            const json::object& largest = sizes.back().get_object();
            width_ = largest.at("PixelWidth").to_number<std::int64_t>();
            height_ = largest.at("PixelHeight").to_number<std::int64_t>();
        }
    }

    void write() {
        out_ += '{';
        text("id", id_);
        about();
        where_and_when();
        classification();
        keywords();
        licence();
        display_sizes();
        downloads();
        rest();
        out_ += '}';
    }

private:
    [[nodiscard]] bool wants(field one) const noexcept { return (fields_ & bit(one)) != 0; }
    [[nodiscard]] dice draws(std::string_view member) const {
        return dice(std::string(id_).append("/v3/").append(member));
    }
    [[nodiscard]] std::string_view text_of(std::string_view name) const noexcept {
        const json::value* value = from_.if_contains(name);
        return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
    }
    [[nodiscard]] const json::array& list_of(std::string_view name) const {
        return from_.at(name).get_array();
    }

    void key(std::string_view name) {
        if (out_.back() != '{') out_ += ',';
        append_json_string(out_, name);
        out_ += ':';
    }
    void next() {
        if (out_.back() != '[') out_ += ',';
    }
    void text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(out_, value);
    }
    void literal(std::string_view name, std::string_view value) {
        key(name);
        out_ += value;
    }
    void number(std::string_view name, std::int64_t value) {
        key(name);
        append_number(out_, value);
    }
    void flag(std::string_view name, bool value) { literal(name, value ? "true" : "false"); }
    /// Nothing to say: null, or else the empty value of the member's kind.
    void nothing(std::string_view name, std::string_view empty) {
        literal(name, draws(name).one_in(2) ? "null" : empty);
    }

    /// A text of the other form; blank as there, and null where it is not there at all.
    void copy(field one, std::string_view name, std::string_view from) {
        if (!wants(one)) return;
        const json::value* value = from_.if_contains(from);
        if (!value || value->is_null()) return literal(name, "null");
        text(name, value->get_string());
    }
    void copy_lower(field one, std::string_view name, std::string_view from) {
        if (!wants(one)) return;
        const std::string value = lower(text_of(from));
        if (value.empty()) return nothing(name, "\"\"");
        text(name, value);
    }
    void copy_list(std::string_view name, const json::array& from, std::string (*spelled)(std::string_view)) {
        if (from.empty()) return nothing(name, "[]");
        key(name);
        out_ += '[';
        for (const json::value& one : from) {
            next();
            append_json_string(out_, spelled(one.get_string()));
        }
        out_ += ']';
    }

    void about() {
        copy(field::artist, "artist", "Artist");
        copy(field::artist_title, "artist_title", "ArtistTitle");
        copy_lower(field::asset_family, "asset_family", "ImageFamily");
        if (wants(field::call_for_image))
            flag("call_for_image", !list_of("AuthorizationConstraints").empty());
        copy(field::caption, "caption", "Caption");
        copy(field::title, "title", "Title");
        copy(field::copyright, "copyright", "Copyright");
        copy(field::credit_line, "credit_line", "CreditLine");
    }

    void where_and_when() {
        copy(field::city, "city", "City");
        copy(field::state_province, "state_province", "StateProvince");
        copy(field::country, "country", "Country");
        if (wants(field::date_camera_shot)) moment("date_camera_shot", "DateCreated");
        if (wants(field::date_created)) moment("date_created", "DateCreated");
        if (wants(field::date_submitted)) moment("date_submitted", "DateSubmitted");
    }

    void moment(std::string_view name, std::string_view from) {
        const std::string_view date = text_of(from);
        if (date.empty()) return literal(name, "null");
        std::int64_t seconds = seconds_of(date);
        dice draw = draws(name);
        const std::size_t form = dates_ == v3_dates::utc ? 0 : draw.below(3);
        const std::size_t digits = dates_ == v3_dates::utc || draw.one_in(2) ? 0 : draw.below(8);
        constexpr std::int64_t behind = 5 * 3'600;
        key(name);
        out_ += '"';
        append_date_time(out_, form == 1 ? seconds - behind : seconds);
        if (digits > 0) out_.append(".").append(digits, '0');
        out_ += form == 0 ? "Z\"" : form == 1 ? "-05:00\"" : "\"";
    }

    void classification() {
        const std::string_view collection = text_of("CollectionName");
        if (wants(field::collection_code)) {
            std::string code;
            for (const char c : collection.substr(0, 3))
                code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
            if (code.empty()) {
                nothing("collection_code", "\"\"");
            } else {
                text("collection_code", code);
            }
        }
        if (wants(field::collection_id)) {
            const std::string_view id = text_of("CollectionId");
            if (id.empty()) {
                literal("collection_id", "null");
            } else {
                number("collection_id", number_in(id.substr(1)));
            }
        }
        copy(field::collection_name, "collection_name", "CollectionName");
        if (wants(field::color_type)) {
            const std::string_view color = text_of("ColorType");
            if (color.empty()) {
                nothing("color_type", "\"\"");
            } else {
                text("color_type", color == "color" ? "color" : "black_and_white");
            }
        }
        if (wants(field::editorial_segments)) {
            copy_list("editorial_segments", list_of("EditorialSegments"), lower);
        }
        if (wants(field::editorial_source)) source();
        if (wants(field::event_ids)) events();
        if (wants(field::graphical_style)) style();
        if (wants(field::quality_rank)) {
            const json::value& rank = from_.at("QualityRank");
            key("quality_rank");
            out_ += json::serialize(rank);
        }
    }

    void source() {
        const std::string_view name = text_of("EditorialSourceName");
        const std::string_view id = text_of("EditorialSourceId");
        if (name.empty() && id.empty()) return literal("editorial_source", "null");
        key("editorial_source");
        out_ += '{';
        if (id.empty()) {
            literal("id", "null");
        } else {
            number("id", number_in(id));
        }
        text("name", name);
        out_ += '}';
    }

    void events() {
        const json::array& events = list_of("EventIds");
        if (events.empty()) return nothing("event_ids", "[]");
        key("event_ids");
        out_ += '[';
        for (const json::value& one : events) {
            next();
            append_number(out_,
                          one.is_string() ? number_in(one.get_string()) : one.to_number<std::int64_t>());
        }
        out_ += ']';
    }

    void style() {
        const std::string_view style = text_of("GraphicStyle");
        if (style.empty()) return nothing("graphical_style", "\"\"");
        text("graphical_style", style == "Photograph" ? "photography" : "illustration");
    }

    void keywords() {
        if (!wants(field::keywords)) return;
        key("keywords");
        out_ += '[';
        for (const json::value& one : list_of("Keywords")) {
            const json::object& from = one.get_object();
            next();
            out_ += '{';
            text("keyword_id", from.at("Id").get_string());
            literal("relevance", "null");
            text("text", from.at("Text").get_string());
            text("type", from.at("Type").get_string());
            out_ += '}';
        }
        // of which the service does not know the word in this language
        if (draws("keywords").one_in(8)) {
            next();
            out_ += R"({"keyword_id":"59999","relevance":null,"type":"Unknown"})";
        }
        out_ += ']';
    }

    void licence() {
        copy_lower(field::license_model, "license_model", "LicensingModel");
        if (wants(field::product_types)) {
            copy_list("product_types", list_of("ApplicableProductOfferings"), lower);
        }
        if (wants(field::referral_destinations)) destinations();
        if (!wants(field::allowed_use)) return;
        key("allowed_use");
        out_ += '{';
        text("how_can_i_use_it", licensed_ ? "Available under your agreement." : "");
        key("release_info");
        const json::value* release = from_.if_contains("ReleaseMessage");
        out_ += release ? json::serialize(*release) : "null";
        copy_list("usage_restrictions", list_of("Restrictions"),
                  [](std::string_view same) { return std::string(same); });
        out_ += '}';
    }

    void destinations() {
        const json::array& all = list_of("ReferralDestinations");
        if (all.empty()) return nothing("referral_destinations", "[]");
        key("referral_destinations");
        out_ += '[';
        for (const json::value& one : all) {
            next();
            out_ += '{';
            text("site_name", one.get_object().at("SiteName").get_string());
            text("uri", one.get_object().at("Url").get_string());
            out_ += '}';
        }
        out_ += ']';
    }

    void display_sizes() {
        constexpr field_set any =
            bit(field::comp) | bit(field::preview) | bit(field::thumb) | bit(field::comp_webp);
        if ((fields_ & any) == 0) return;
        key("display_sizes");
        out_ += '[';
        const std::string_view comp = text_of(licensed_ ? "UrlComp" : "UrlWatermarkComp");
        if (wants(field::comp)) display("comp", comp, !licensed_);
        if (wants(field::comp_webp) && !comp.empty()) {
            display("comp_webp", std::string(comp).append("&format=webp"), !licensed_);
        }
        if (wants(field::preview)) {
            display("preview", text_of(licensed_ ? "UrlPreview" : "UrlWatermarkPreview"), !licensed_);
        }
        if (wants(field::thumb)) {
            display("thumb", std::string("https://media.example/xt/").append(id_).append(".jpg?s=170x170"),
                    false);
        }
        out_ += ']';
    }

    void display(std::string_view name, std::string_view uri, bool watermarked) {
        if (uri.empty()) return;
        next();
        out_ += '{';
        flag("is_watermarked", watermarked);
        text("name", name);
        text("uri", uri);
        if (name == "thumb") {
            number("width", height_ > width_ ? 113 : 170);
            number("height", height_ > width_ ? 170 : 113);
        }
        out_ += '}';
    }

    void downloads() {
        const json::array& sizes = list_of("SizesDownloadableImages");
        if (wants(field::download_sizes) || wants(field::downloads)) {
            size_list("download_sizes", sizes, 0);
        }
        if (wants(field::largest_downloads)) {
            size_list("largest_downloads", sizes, sizes.empty() ? 0 : sizes.size() - 1);
        }
    }

    void size_list(std::string_view name, const json::array& sizes, std::size_t first) {
        const bool with_fraction = draws(name).one_in(8);
        key(name);
        out_ += '[';
        for (std::size_t i = first; i < sizes.size(); ++i) {
            const json::object& from = sizes[i].get_object();
            std::string size(from.at("SizeKey").get_string());
            if (const std::size_t x = size.rfind('x'); x != size.npos) size.insert(x + 1, "_");
            next();
            out_ += '{';
            number("bytes", from.at("FileSizeInBytes").to_number<std::int64_t>());
            if (wants(field::downloads) || name == "largest_downloads") products(size);
            number("dpi", from.at("ResolutionDpi").to_number<std::int64_t>());
            number("height", from.at("PixelHeight").to_number<std::int64_t>());
            if (with_fraction) out_ += ".0";
            text("media_type", "image/jpeg");
            text("name", size);
            number("width", from.at("PixelWidth").to_number<std::int64_t>());
            out_ += '}';
        }
        out_ += ']';
    }

    void products(std::string_view size) {
        key("downloads");
        out_ += R"([{"product_id":"4711","product_type":)";
        append_json_string(out_, lower(list_of("ApplicableProductOfferings").at(0).get_string()));
        text("uri", std::string("https://api.example/v3/downloads/images/")
                        .append(id_)
                        .append("?size=")
                        .append(size));
        out_ += R"(,"agreement_name":"Sandbox agreement"}])";
    }

    void rest() {
        if (wants(field::max_dimensions)) {
            key("max_dimensions");
            out_ += '{';
            number("height", height_);
            number("width", width_);
            out_ += '}';
        }
        if (wants(field::orientation)) text("orientation", height_ > width_ ? "Vertical" : "Horizontal");
        if (wants(field::people)) persons();
        if (wants(field::object_name)) {
            dice draw = draws("object_name");
            if (draw.one_in(2)) {
                nothing("object_name", "\"\"");
            } else {
                text("object_name", std::string("SBX").append(id_));
            }
        }
        if (wants(field::alternative_ids)) {
            dice draw = draws("alternative_ids");
            key("alternative_ids");
            if (draw.one_in(3)) {
                out_ += R"({"sandbox_stock":)";
                append_json_string(out_, std::string("alt-").append(id_));
                out_ += '}';
            } else {
                out_ += draw.one_in(2) ? "{}" : "null";
            }
        }
        if (wants(field::uri_oembed)) {
            text("uri_oembed", std::string("https://embed.example/oembed?id=").append(id_));
        }
        stock();
    }

    void persons() {
        const std::string_view caption = text_of("Caption");
        for (const std::string_view one : people()) {
            if (caption.find(std::string(": ").append(one)) == caption.npos) continue;
            key("people");
            out_ += '[';
            append_json_string(out_, one);
            out_ += ']';
            return;
        }
        nothing("people", "[]");
    }

    void stock() {
        if (wants(field::links)) {
            key("links");
            out_ += R"([{"rel":"artist","uri":"https://api.example/artist"}])";
        }
        if (wants(field::download_product)) nothing("download_product", R"("premiumaccess")");
        if (wants(field::istock_collection)) nothing("istock_collection", R"("sandbox")");
        if (wants(field::istock_exclusive)) flag("istock_exclusive", draws("istock_exclusive").one_in(2));
        if (wants(field::istock_licenses)) {
            nothing("istock_licenses", R"([{"license_type":"standard","credits":3}])");
        }
        if (wants(field::is_ai_editable)) flag("is_ai_editable", draws("is_ai_editable").one_in(2));
        if (wants(field::series_id)) literal("series_id", "null");
        // a member that no document names
        if (draws("unlisted").one_in(16)) literal("sandbox_unlisted", R"({"since":"2026","parts":[1,null]})");
    }

    std::string& out_;
    std::string_view id_;
    const json::object& from_;
    field_set fields_;
    v3_dates dates_;
    std::int64_t width_, height_;
    bool licensed_;
};

}  // namespace

void append_image(std::string& out, std::string_view id, std::size_t row, field_set fields, v3_dates dates) {
    std::string other;
    sandbox::append_image(other, id, row);
    unsigned char buffer[16 * 1024];
    json::monotonic_resource memory(buffer, sizeof buffer);
    const json::value parsed = json::parse(other, &memory);
    portrait(out, id, parsed.get_object(), fields, dates).write();
}

}  // namespace getty::connect::sandbox::v3
