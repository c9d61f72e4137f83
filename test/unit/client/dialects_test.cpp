#include "client/dialects.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace getty::connect;
using detail::in_full;

namespace {

client_settings v3() { return client_options().dialect(dialect::v3).settings(); }
client_settings v3(const std::string& base) {
    return client_options().dialect(dialect::v3).base_url(base).settings();
}

}  // namespace

TEST_CASE("dialects: what is left out is what the dialect has") {
    const client_settings connect = in_full(client_settings());
    CHECK(connect.base_url == "https://connect.gettyimages.com/api");
    CHECK(connect.token_url == "https://connect.gettyimages.com/api/token");
    CHECK(connect.auth == auth_scheme::digest);
    CHECK(connect.max_body_bytes == std::size_t{1024} * 1024);
    CHECK(connect.retry_internal_error == retry_internal_error::no);
    const client_settings live = in_full(v3());
    CHECK(live.base_url == "https://api.gettyimages.com/v3");
    CHECK(live.token_url == "https://authentication.gettyimages.com/oauth2/token");
    CHECK(live.auth == auth_scheme::bearer);
    CHECK(live.max_body_bytes == std::size_t{64} * 1024 * 100);
    CHECK(live.retry_internal_error == retry_internal_error::yes);
}

TEST_CASE("dialects: the live token endpoint is asked where the live service is, and nowhere else") {
    const std::string live = "https://authentication.gettyimages.com/oauth2/token";
    for (const char* base : {"https://api.gettyimages.com/v3", "https://API.gettyimages.com:443/v3/",
                             "https://api.gettyimages.com"}) {
        CHECK(in_full(v3(base)).token_url == live);
    }
    struct row {
        const char* base;
        const char* token;
    };
    for (const row& r :
         {row{"https://localhost:8443/v3", "https://localhost:8443/oauth2/token"},
          row{"https://api.gettyimages.com:8443/v3", "https://api.gettyimages.com:8443/oauth2/token"},
          row{"https://mirror.test/getty/v3/", "https://mirror.test:443/oauth2/token"},
          row{"https://[::1]:9/v3", "https://[::1]:9/oauth2/token"},
          row{"https://api.gettyimages.com.test/v3", "https://api.gettyimages.com.test:443/oauth2/token"}}) {
        CHECK(in_full(v3(r.base)).token_url == r.token);
    }
    client_settings own = v3("https://localhost:1/v3");
    own.token_url = "https://tokens.test/t";
    CHECK(in_full(own).token_url == "https://tokens.test/t");
}

TEST_CASE("dialects: Connect's token address is below its base, whatever slashes end that") {
    for (const char* base : {"https://a.test/api", "https://a.test/api/", "https://a.test/api//"}) {
        CHECK(in_full(client_options().base_url(base).settings()).token_url == "https://a.test/api/token");
    }
}

TEST_CASE("dialects: batches have eight requests of a hundred ids under v3, and 64 lookups under Connect") {
    const lookup::batch_shape connect = detail::shape_of(client_settings(), fetch_options());
    CHECK(connect.max_in_flight == 64);
    CHECK(connect.ids_per_request == 1);
    const lookup::batch_shape live = detail::shape_of(v3(), fetch_options());
    CHECK(live.max_in_flight == 8);
    CHECK(live.ids_per_request == 100);
    const lookup::batch_shape own =
        detail::shape_of(v3(), fetch_options().max_in_flight(3).ids_per_request(7));
    CHECK(own.max_in_flight == 3);
    CHECK(own.ids_per_request == 7);
}

TEST_CASE("dialects: a field that the client itself sends under v3 is not a lookup's to add") {
    for (const char* name : {"Api-Key", "api-key", "Accept-Language"}) {
        CHECK_FALSE(detail::check_lookup(v3(), lookup_options().header(name, "x")).has_value());
        CHECK(detail::check_lookup(client_settings(), lookup_options().header(name, "x")).has_value());
    }
}
