// What the clients ask v3 for: images by id, with every member that a lookup of this library asks for.
#pragma once

#include "bench/contestant.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

inline constexpr std::string_view v3_fields =
    "fields=allowed_use%2Calternative_ids%2Cartist%2Cartist_title%2Casset_family%2Ccall_for_image%2Ccaption%"
    "2Ccity"
    "%2Ccollection_code%2Ccollection_id%2Ccollection_name%2Ccolor_type%2Ccopyright%2Ccountry%2Ccredit_line"
    "%2Cdate_camera_shot%2Cdate_created%2Cdate_submitted%2Cdisplay_set%2Ceditorial_segments"
    "%2Ceditorial_source%2Cevent_ids%2Cgraphical_style%2Cid%2Ckeywords%2Clicense_model%2Cmax_dimensions"
    "%2Cobject_name%2Corientation%2Cpeople%2Cproduct_types%2Cquality_rank%2Creferral_destinations"
    "%2Cstate_province%2Ctitle%2Curi_oembed";
inline constexpr std::string_view v3_one = "/v3/images/", v3_several = "/v3/images?ids=", v3_comma = "%2C";

/// The target of a request for the images from `number` on.
[[nodiscard]] inline std::string image_set_target(std::uint64_t number, std::size_t count) {
    std::string target(count == 1 ? v3_one : v3_several);
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) target += v3_comma;
        target += id_text(number + i).view();
    }
    target += count == 1 ? '?' : '&';
    return target += v3_fields;
}

}  // namespace bench
