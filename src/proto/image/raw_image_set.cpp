#include "proto/image/image_scanner.hpp"
#include "proto/image/image_set.hpp"

#include <cstddef>
#include <string>

namespace getty::connect::proto {
namespace {

/// Hands out each image as a view into `body`, of which `text` is the readable form.
class all_images {
public:
    static constexpr std::string_view images_key = "images";
    static constexpr std::string_view id_key = "id";
    static constexpr std::string_view missing_key = "images_not_found";
    static constexpr bool takes_bare_array = false;

    all_images(std::string_view body, std::string_view text, raw_set_sink& into) noexcept
        : body_(body), text_(text), into_(into) {}

    void begin_images() noexcept { has_lists_ = true; }
    void begin_missing() noexcept { has_lists_ = true; }
    void image(std::string_view object, const raw_string* id) {
        if (id == nullptr || id->source.empty()) return into_.nameless();
        const auto offset = static_cast<std::size_t>(object.data() - text_.data());
        with_meaning(*id,
                     [&](std::string_view name) { into_.object(name, body_.substr(offset, object.size())); });
    }
    void missing(const raw_string& id) {
        with_meaning(id, [&](std::string_view name) { into_.not_found(name); });
    }
    [[nodiscard]] static constexpr bool done() noexcept { return false; }

    [[nodiscard]] bool has_lists() const noexcept { return has_lists_; }

private:
    template <class F>
    static void with_meaning(const raw_string& id, F&& f) {
        if (id.may_have_escapes && id.source.find('\\') != std::string_view::npos) {
            f(unescaped(id.source));
        } else {
            f(id.source);
        }
    }

    std::string_view body_;
    std::string_view text_;
    raw_set_sink& into_;
    bool has_lists_ = false;
};

}  // namespace

std::optional<decode_failure> find_raw_images(std::string_view body, raw_set_sink& into) {
    const readable_body readable(body);
    all_images taker(body, readable.text(), into);
    image_scanner<all_images> over(readable.text(), taker);
    if (auto failure = over.run()) return failure;
    if (taker.has_lists()) return std::nullopt;
    return no_image_lists();
}

}  // namespace getty::connect::proto
