#include "sandbox/catalogue/catalogue.hpp"

#include "sandbox/catalogue/catalogue_words.hpp"
#include "sandbox/catalogue/dice.hpp"
#include "sandbox/catalogue/writing.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>

namespace getty::connect::sandbox {
namespace {

/// Two decimals, from hundredths: no floating point, hence no rounding that depends on the machine.
void append_hundredths(std::string& out, std::int64_t value) {
    append_number(out, value / 100);
    out += '.';
    append_padded(out, value % 100, 2);
}

void append_u_escape(std::string& out, std::uint32_t unit) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[(unit >> shift) & 0x0F];
}

/// One well-formed UTF-8 sequence as \u escapes; returns its length.
std::size_t append_escaped_sequence(std::string& out, std::string_view s) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(s[i]));
    };
    const std::uint32_t lead = byte(0);
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t point = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (byte(i) & 0x3F);
    if (point >= 0x10000) {
        append_u_escape(out, 0xD800 + ((point - 0x10000) >> 10));
        append_u_escape(out, 0xDC00 + ((point - 0x10000) & 0x3FF));
    } else {
        append_u_escape(out, point);
    }
    return length;
}

enum class spelling { utf8, ascii };

void append_text(std::string& out, std::string_view text, spelling how) {
    out += '"';
    std::size_t clean = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool plain = c >= 0x20 && c != '"' && c != '\\' && (c < 0x80 || how == spelling::utf8);
        if (plain) {
            ++i;
            continue;
        }
        out.append(text, clean, i - clean);
        if (c >= 0x80) {
            i += append_escaped_sequence(out, text.substr(i));
        } else {
            if (c < 0x20) {
                append_u_escape(out, c);
            } else {
                out += '\\';
                out += text[i];
            }
            ++i;
        }
        clean = i;
    }
    out.append(text, clean, text.size() - clean);
    out += '"';
}

constexpr std::string_view months[] = {"January", "February", "March",     "April",   "May",      "June",
                                       "July",    "August",   "September", "October", "November", "December"};

/// Seconds since 1970 of 2004-01-01.
constexpr std::int64_t first_moment = 1'072'915'200;

/// Writes one image. The order of the rolls is part of the contract: one roll to a statement, as operands are
/// evaluated in no particular order, and a new roll at the end, or every image changes.
class portrait {
public:
    portrait(std::string& out, std::string_view id, std::size_t row)
        : out_(out), id_(id), row_(row), dice_(id) {
        theme_ = &dice_.pick(theme_rows());
        artist_ = &dice_.pick(artist_rows());
        place_ = &dice_.pick(place_rows());
        person_ = dice_.pick(people());
        collection_ = dice_.pick(editorial() ? editorial_collections() : creative_collections());
        spelling_ = dice_.one_in(4) ? spelling::ascii : spelling::utf8;
        created_ = first_moment + static_cast<std::int64_t>(dice_.below(7'300 * day_seconds));
        submitted_ = created_ + 3'600 + static_cast<std::int64_t>(dice_.below(3 * day_seconds));
        long_edge_ = 3'000 + static_cast<std::int64_t>(dice_.below(5'000));
        upright_ = dice_.one_in(3);
        black_and_white_ = dice_.one_in(10);
        licensed_ = !dice_.one_in(9);
        event_ = 70'000'000 + static_cast<std::int64_t>(dice_.below(900'000'000));
    }

    void write() {
        out_ += '{';
        about();
        where_and_when();
        classification();
        keywords();
        licence();
        sizes();
        closing();
        out_ += '}';
    }

private:
    [[nodiscard]] bool editorial() const noexcept { return !theme_->segment.empty(); }

    void key(std::string_view name) {
        if (out_.back() != '{') out_ += ',';
        out_ += '"';
        out_ += name;
        out_ += "\":";
    }
    void text(std::string_view name, std::string_view value) {
        key(name);
        append_text(out_, value, spelling_);
    }
    /// A text that is blank for some ids: null, empty, or not there at all.
    void blankable(std::string_view name, std::string_view value) {
        switch (dice_.below(30)) {
            case 0:
                key(name);
                out_ += "null";
                return;
            case 1:
                return text(name, "");
            case 2:
                return;
            default:
                return text(name, value);
        }
    }
    void number(std::string_view name, std::int64_t value) {
        key(name);
        append_number(out_, value);
    }
    void list(std::string_view name, std::span<const std::string_view> values) {
        key(name);
        out_ += '[';
        for (const std::string_view value : values) {
            if (out_.back() != '[') out_ += ',';
            append_text(out_, value, spelling_);
        }
        out_ += ']';
    }

    void about() {
        constexpr std::string_view editorial_offers[] = {"EasyAccess", "EditorialSubscription",
                                                         "PremiumAccess"};
        constexpr std::string_view creative_offers[] = {"EasyAccess", "PremiumAccess",
                                                        "RoyaltyFreeSubscription", "Imagepack"};
        const std::span<const std::string_view> offers =
            editorial() ? std::span<const std::string_view>(editorial_offers) : creative_offers;
        list("ApplicableProductOfferings",
             licensed_ ? offers.first(1 + dice_.below(offers.size())) : offers.first(0));
        blankable("Artist", artist_->name);
        blankable("ArtistTitle", artist_->title);
        constexpr std::string_view call[] = {"CallForImage"};
        list("AuthorizationConstraints",
             std::span<const std::string_view>(call).first(dice_.one_in(12) ? 1 : 0));
        blankable("Caption", caption());
    }

    std::string caption() {
        std::string words;
        words.reserve(1'024);
        const civil date = civil_of(created_);
        if (editorial()) {
            words.append(place_->city).append(", ").append(place_->country).append(" - ");
            words.append(months[date.month - 1]).append(" ");
            append_number(words, date.day);
            words.append(": ").append(person_).append(" ").append(theme_->scene);
            words.append(" at the ").append(theme_->event).append(".");
        } else {
            words.append(theme_->scene).append(".");
        }
        // a few captions are long, as a picture story's are
        std::size_t sentences = dice_.below(4);
        if (dice_.one_in(24)) sentences += 40;
        for (std::size_t at = dice_.below(extra_sentences().size()); sentences > 0; --sentences, ++at) {
            words.append(" ").append(extra_sentences()[at % extra_sentences().size()]);
        }
        if (editorial())
            words.append(" (Photo by ").append(artist_->name).append("/").append(collection_).append(")");
        return words;
    }

    void where_and_when() {
        blankable("City", editorial() ? place_->city : std::string_view());
        std::string code(editorial() ? "e" : "c");
        append_number(code, static_cast<std::int64_t>(collection_.size() * 37 +
                                                      static_cast<unsigned char>(collection_.front())));
        blankable("CollectionId", code);
        blankable("CollectionName", collection_);
        blankable("ColorType", black_and_white_ ? "black/white" : "color");
        std::string copyright(editorial() ? "" : "© ");
        append_number(copyright, civil_of(created_).year);
        copyright.append(editorial() ? " " : " by ").append(editorial() ? collection_ : artist_->name);
        blankable("Copyright", copyright);
        blankable("Country", place_->country);
        blankable("CreditLine", collection_);
        moment("DateCreated", created_);
        moment("DateSubmitted", submitted_);
    }

    /// Either as ISO 8601 with or without an offset, or in the form that older .NET services write.
    void moment(std::string_view name, std::int64_t seconds) {
        const std::size_t form = dice_.below(16);
        if (form == 0) {
            key(name);
            out_ += "null";
            return;
        }
        key(name);
        out_ += '"';
        if (form <= 3) {
            out_ += "\\/Date(";
            append_number(out_, seconds * 1'000);
            out_ += form == 1 ? ")\\/\"" : "-0700)\\/\"";
            return;
        }
        append_date_time(out_, seconds);
        out_ += form <= 6 ? ".000-07:00\"" : form <= 9 ? "Z\"" : "\"";
    }

    void classification() {
        const bool news = editorial();
        const std::string_view segments[] = {theme_->segment, "Archival"};
        const std::size_t old = created_ < first_moment + 1'500 * day_seconds ? 2 : 1;
        list("EditorialSegments", std::span<const std::string_view>(segments).first(news ? old : 0));
        blankable("EditorialSourceId", news ? "17" : "");
        blankable("EditorialSourceName", news ? "Sandbox Images Editorial" : "");
        events();
        blankable("GraphicStyle", !news && dice_.one_in(6) ? "Illustration" : "Photograph");
        text("ImageFamily", news ? "Editorial" : "Creative");
        text("ImageId", id_);
    }

    void events() {
        key("EventId");
        if (!editorial()) {
            out_ += "null";
            key("EventIds");
            out_ += "[]";
            return;
        }
        append_number(out_, event_);
        key("EventIds");
        out_ += '[';
        const bool quoted = dice_.one_in(5);
        const std::size_t count = 1 + dice_.below(3);
        for (std::size_t i = 0; i < count; ++i) {
            if (i > 0) out_ += ',';
            if (quoted) out_ += '"';
            append_number(out_, event_ + static_cast<std::int64_t>(i) * 13);
            if (quoted) out_ += '"';
        }
        out_ += ']';
    }

    void keywords() {
        key("Keywords");
        out_ += '[';
        const auto rows = keyword_rows();
        std::size_t wanted = 4 + dice_.below(26);
        if (dice_.one_in(8)) wanted += 32;
        const std::size_t start = dice_.below(rows.size());
        // the number of rows is prime, so any step visits each row once
        const std::size_t step = 1 + dice_.below(rows.size() - 1);
        for (std::size_t i = 0; i < 4; ++i) keyword(theme_->first_keyword + i);
        const std::size_t general = theme_rows().size() * 4;
        std::size_t written = 4;
        for (std::size_t i = 0; i < rows.size() && written < wanted; ++i) {
            const std::size_t at = (start + i * step) % rows.size();
            const bool contradiction =
                at == general + (upright_ ? 0U : 1U) || (black_and_white_ && at == general + 10);
            if (at < general || contradiction) continue;
            keyword(at);
            ++written;
        }
        out_ += ']';
    }

    void keyword(std::size_t at) {
        const keyword_row& row = keyword_rows()[at];
        if (out_.back() != '[') out_ += ',';
        out_ += "{\"Id\":\"";
        append_number(out_, static_cast<std::int64_t>(60'000 + at * 17));
        out_ += "\",\"Text\":";
        append_text(out_, row.text[row_], spelling_);
        out_ += ",\"Type\":";
        append_text(out_, row.type, spelling_);
        out_ += '}';
    }

    void licence() {
        const bool free = !editorial() && !dice_.one_in(4);
        blankable("LicensingModel", free ? "RoyaltyFree" : editorial() ? "RightsManaged" : "RightsReady");
        if (dice_.one_in(20)) {
            key("QualityRank");
            out_ += "null";
        } else {
            number("QualityRank", 1 + static_cast<std::int64_t>(dice_.below(3)));
        }
        key("ReferralDestinations");
        out_ += '[';
        if (!dice_.one_in(3)) {
            out_ += R"({"SiteName":"stock.example","Url":"https:\/\/stock.example\/detail\/)";
            out_.append(id_).append("\"}");
        }
        out_ += ']';
        const std::size_t release = editorial() ? 3 * dice_.below(2) : dice_.below(3);
        blankable("ReleaseMessage", release_messages()[release][row_]);
        std::string_view limits[4];
        std::size_t count = 0;
        if (editorial()) {
            limits[count++] = restriction_rows()[0][row_];
            for (std::size_t i = 1; i < 4; ++i) {
                if (dice_.one_in(3)) limits[count++] = restriction_rows()[i][row_];
            }
        }
        list("Restrictions", std::span<const std::string_view>(limits).first(count));
    }

    void sizes() {
        struct step {
            std::string_view key;
            std::int64_t divisor, dpi;
        };
        constexpr step steps[] = {
            {"xsmall", 12, 72}, {"small", 8, 72}, {"medium", 4, 300}, {"large", 2, 300}, {"xlarge", 1, 300}};
        key("SizesDownloadableImages");
        out_ += '[';
        const std::size_t count = licensed_ ? dice_.below(std::size(steps) + 1) : 0;
        for (std::size_t i = 0; i < count; ++i) {
            const std::int64_t longer = long_edge_ / steps[i].divisor;
            const std::int64_t shorter = longer * 2 / 3;
            if (i > 0) out_ += ',';
            size(steps[i].key, upright_ ? shorter : longer, upright_ ? longer : shorter, steps[i].dpi);
        }
        out_ += ']';
    }

    void size(std::string_view name, std::int64_t width, std::int64_t height, std::int64_t dpi) {
        constexpr std::string_view alphabet =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        out_ += '{';
        number("FileSizeInBytes", width * height * (20 + static_cast<std::int64_t>(dice_.below(40))) / 100);
        key("InchesHeight");
        append_hundredths(out_, height * 100 / dpi);
        key("InchesWidth");
        append_hundredths(out_, width * 100 / dpi);
        number("PixelHeight", height);
        number("PixelWidth", width);
        number("ResolutionDpi", dpi);
        text("SizeKey", name);
        key("DownloadToken");
        out_ += '"';
        for (int word = 0; word < 4; ++word) {
            std::uint64_t bits = dice_.next();
            for (int i = 0; i < 10; ++i, bits >>= 6) out_ += alphabet[bits & 63];
        }
        out_ += "\"}";
    }

    void closing() {
        blankable("StateProvince", editorial() ? place_->state : std::string_view());
        blankable("Title", theme_->title);
        url("UrlComp", "comp", false);
        url("UrlPreview", "preview", false);
        url("UrlWatermarkComp", "comp", true);
        url("UrlWatermarkPreview", "preview", true);
    }

    void url(std::string_view name, std::string_view kind, bool watermark) {
        std::string address("https://media.example/");
        address.append(watermark ? "watermark/" : "xt/")
            .append(id_)
            .append(".jpg?v=1&g=fs1&k=2&s=")
            .append(kind);
        blankable(name, address);
    }

    std::string& out_;
    std::string_view id_;
    std::size_t row_;
    dice dice_;
    const theme_row* theme_;
    const artist_row* artist_;
    const place_row* place_;
    std::string_view person_, collection_;
    spelling spelling_;
    std::int64_t created_, submitted_, long_edge_, event_;
    bool upright_, black_and_white_, licensed_;
};

bool all_digits(std::string_view s) noexcept {
    return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

int catalogue_status(std::string_view id) noexcept {
    if (id.size() > max_catalogue_id_bytes) return 404;
    const std::size_t dash = id.find('-');
    if (dash == id.npos) return all_digits(id) && !id.ends_with("404") ? 200 : 404;
    const std::string_view second = id.substr(dash + 1);
    if (!all_digits(id.substr(0, dash)) || !all_digits(second)) return 404;
    constexpr int asked[] = {400, 403, 404, 429, 500, 502, 503, 504};
    int number = 0;
    if (second.size() == 3) std::from_chars(second.data(), second.data() + 3, number);
    return std::find(std::begin(asked), std::end(asked), number) != std::end(asked) ? number : 200;
}

std::size_t language_row(std::string_view tag) noexcept {
    const std::string_view primary = tag.substr(0, tag.find('-'));
    const auto same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    };
    for (std::size_t row = 1; row < languages.size(); ++row) {
        if (std::equal(primary.begin(), primary.end(), languages[row].begin(), languages[row].end(), same))
            return row;
    }
    return 0;
}

void append_image(std::string& out, std::string_view id, std::size_t row) { portrait(out, id, row).write(); }

void append_json_string(std::string& out, std::string_view text) { append_text(out, text, spelling::utf8); }

}  // namespace getty::connect::sandbox
