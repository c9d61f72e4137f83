// The switches of the v3 dialect among the options.
#include "sandbox/v3/switches.hpp"

#include <utility>

namespace getty::connect::sandbox {

options& options::v3(v3_all_unknown wanted) {
    values_.v3.all_unknown = wanted;
    return *this;
}

options& options::v3(v3_surplus_ids wanted) {
    values_.v3.surplus_ids = wanted;
    return *this;
}

options& options::v3(v3_wrong_key wanted) {
    values_.v3.wrong_key = wanted;
    return *this;
}

options& options::v3(v3_tokenless wanted) {
    values_.v3.tokenless = wanted;
    return *this;
}

options& options::v3(v3_detail_set wanted) {
    values_.v3.detail_set = wanted;
    return *this;
}

options& options::v3(v3_unknown_parameter wanted) {
    values_.v3.unknown_parameter = wanted;
    return *this;
}

options& options::v3(v3_throttle_text wanted) {
    values_.v3.throttle_text = wanted;
    return *this;
}

options& options::v3(v3_throttle_status wanted) {
    values_.v3.throttle_status = wanted;
    return *this;
}

options& options::v3(v3_order wanted) {
    values_.v3.order = wanted;
    return *this;
}

options& options::v3(v3_nothing_missing wanted) {
    values_.v3.nothing_missing = wanted;
    return *this;
}

options& options::v3(v3_dates wanted) {
    values_.v3.dates = wanted;
    return *this;
}

options& options::v3(v3_expires_in wanted) {
    values_.v3.expires_in = wanted;
    return *this;
}

options& options::v3(std::string_view rule) {
    std::string why = v3::set_rule(values_.v3, rule);
    if (values_.v3_complaint.empty()) values_.v3_complaint = std::move(why);
    return *this;
}

options& options::v3_daily_quota(std::uint64_t requests) {
    values_.v3.daily_quota = requests;
    return *this;
}

}  // namespace getty::connect::sandbox
