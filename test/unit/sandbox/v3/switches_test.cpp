// The switches of v3, as text and as values.
#include "sandbox/v3/switches.hpp"

#include "sandbox/settings_check.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect;
using namespace getty::connect::sandbox;

namespace {

v3_rules after(std::string_view rule) {
    CAPTURE(rule);
    v3_rules made;
    CHECK(v3::set_rule(made, rule).empty());
    return made;
}

std::string refusal(std::string_view rule) {
    v3_rules made;
    return v3::set_rule(made, rule);
}

}  // namespace

TEST_CASE("v3 switches: the first word of each is the default, every other word sets its value") {
    CHECK(after("all-unknown=404").all_unknown == v3_all_unknown::not_found);
    CHECK(after("all-unknown=200").all_unknown == v3_all_unknown::no_image);
    CHECK(after("surplus-ids=400").surplus_ids == v3_surplus_ids::refused);
    CHECK(after("surplus-ids=served").surplus_ids == v3_surplus_ids::served);
    CHECK(after("wrong-key=401").wrong_key == v3_wrong_key::unauthorized);
    CHECK(after("wrong-key=403").wrong_key == v3_wrong_key::forbidden);
    CHECK(after("tokenless=served").tokenless == v3_tokenless::served);
    CHECK(after("tokenless=401").tokenless == v3_tokenless::refused);
    CHECK(after("detail-set=400").detail_set == v3_detail_set::refused);
    CHECK(after("detail-set=served").detail_set == v3_detail_set::served);
    CHECK(after("unknown-parameter=400").unknown_parameter == v3_unknown_parameter::refused);
    CHECK(after("unknown-parameter=ignored").unknown_parameter == v3_unknown_parameter::ignored);
    CHECK(after("throttle-text=new").throttle_text == v3_throttle_text::current);
    CHECK(after("throttle-text=old").throttle_text == v3_throttle_text::older);
    CHECK(after("throttle-status=429").throttle_status == v3_throttle_status::too_many_requests);
    CHECK(after("throttle-status=403").throttle_status == v3_throttle_status::forbidden);
    CHECK(after("order=shuffled").order == v3_order::shuffled);
    CHECK(after("order=as-asked").order == v3_order::as_asked);
    CHECK(after("nothing-missing=list").nothing_missing == v3_nothing_missing::empty_list);
    CHECK(after("nothing-missing=null").nothing_missing == v3_nothing_missing::null);
    CHECK(after("nothing-missing=absent").nothing_missing == v3_nothing_missing::absent);
    CHECK(after("dates=mixed").dates == v3_dates::mixed);
    CHECK(after("dates=utc").dates == v3_dates::utc);
    CHECK(after("expires-in=number").expires_in == v3_expires_in::number);
    CHECK(after("expires-in=text").expires_in == v3_expires_in::text);
    CHECK(after("daily-quota=7").daily_quota == 7);
    CHECK(after("daily-quota=off").daily_quota == 0);
}

TEST_CASE("v3 switches: what is none is refused with the word, the rule and the mend") {
    CHECK(refusal("order") == "v3 \"order\": is no name=value, such as order=as-asked");
    CHECK(refusal("=1") == "v3 \"=1\": is no name=value, such as order=as-asked");
    CHECK(refusal("order=random") == "v3 \"order=random\": must be shuffled or as-asked");
    CHECK(refusal("oder=shuffled") == "v3 \"oder=shuffled\": there is no such switch; did you mean order?");
    CHECK(refusal("earthquake=1").find("there are all-unknown, ") != std::string::npos);
    for (const char* quota : {"", "0", "-1", "1x", "1000000000001"}) {
        CAPTURE(quota);
        CHECK(refusal(std::string("daily-quota=") + quota).find("must be off or a whole number") !=
              std::string::npos);
    }
    CHECK(refusal(std::string(1'000, 'x') + "=1").size() < 400);
}

TEST_CASE("v3 switches: the options take values and texts, and tell the first text that is none") {
    const auto of = [](const options& o) { return o.values().v3; };
    CHECK(of(options().v3(v3_all_unknown::no_image)).all_unknown == v3_all_unknown::no_image);
    CHECK(of(options().v3(v3_surplus_ids::served)).surplus_ids == v3_surplus_ids::served);
    CHECK(of(options().v3(v3_wrong_key::forbidden)).wrong_key == v3_wrong_key::forbidden);
    CHECK(of(options().v3(v3_tokenless::refused)).tokenless == v3_tokenless::refused);
    CHECK(of(options().v3(v3_detail_set::served)).detail_set == v3_detail_set::served);
    CHECK(of(options().v3(v3_unknown_parameter::ignored)).unknown_parameter == v3_unknown_parameter::ignored);
    CHECK(of(options().v3(v3_throttle_text::older)).throttle_text == v3_throttle_text::older);
    CHECK(of(options().v3(v3_throttle_status::forbidden)).throttle_status == v3_throttle_status::forbidden);
    CHECK(of(options().v3(v3_order::as_asked)).order == v3_order::as_asked);
    CHECK(of(options().v3(v3_nothing_missing::null)).nothing_missing == v3_nothing_missing::null);
    CHECK(of(options().v3(v3_dates::utc)).dates == v3_dates::utc);
    CHECK(of(options().v3(v3_expires_in::text)).expires_in == v3_expires_in::text);
    CHECK(of(options().v3_daily_quota(3)).daily_quota == 3);
    CHECK(of(options().v3("dates=utc").v3("order=as-asked")).dates == v3_dates::utc);
    CHECK(why_unusable(options().v3("dates=utc").values()).empty());
    const std::string why = why_unusable(options().v3("order=x").v3("dates=y").v3("dates=utc").values());
    CHECK(why.find("order=x") != why.npos);
    CHECK_FALSE(options().v3("order=x").validate().has_value());
}
