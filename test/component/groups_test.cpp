// G: many ids in one request, and every way in which an answer may be about some of them.
#include "support/groups_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

fetch_options tens() { return fetch_options().ids_per_request(10); }

bool holds(const id_list& ids, const std::string& id) {
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

const outcome& of_id(const std::vector<outcome>& taken, const std::string& id) {
    return *std::find_if(taken.begin(), taken.end(), [&](const outcome& o) { return o.id == id; });
}

}  // namespace

TEST_CASE("G4: many ids go in few requests, each as full as may be, in the service's own form") {
    groups_world w(client_options().language("de"));
    consumer c(w);
    c.open(numbers(250));
    c.drain();
    REQUIRE(c.taken.size() == 250);
    check_all_answered(c.taken, 250);
    for (const outcome& o : c.taken) {
        CHECK(o.value.has_value());
        CHECK(o.attempts == 1);
    }
    REQUIRE(w.asked.size() == 3);
    CHECK(w.asked[0].size() == 100);
    CHECK(w.asked[1].size() == 100);
    CHECK(w.asked[2].size() == 50);
    CHECK(w.requests[0].starts_with("GET /api/images?ids=0%2C1%2C2%2C"));
    CHECK(w.requests[0].find("&fields=") != std::string::npos);
    CHECK(w.requests[0].find("\r\nApi-Key: key\r\n") != std::string::npos);
    CHECK(w.requests[0].find("\r\nAccept-Language: de\r\n") != std::string::npos);
    CHECK(w.requests[0].find("\r\nAuthorization: Bearer the-token\r\n") != std::string::npos);
    CHECK(w.core->stats().requests == 3);
    CHECK(w.core->stats().groups_sent == 3);
    CHECK(w.core->stats().lookups_succeeded == 250);
    w.check_nothing_left();
}

TEST_CASE("G4: a single lookup is a request for one image by its own address") {
    groups_world w;
    const auto p = w.get_settled("TST042-001");
    REQUIRE(p->done);
    REQUIRE(p->done->has_value());
    CHECK((*p->done)->image.image_id() == "TST042-001");
    REQUIRE(w.requests.size() == 1);
    CHECK(w.requests[0].starts_with("GET /api/images/TST042-001?fields="));
    CHECK(w.core->stats().groups_sent == 0);
}

TEST_CASE("G4: the fields that are asked for are those of the lookup, else of the client") {
    groups_world w(client_options().fields({"title", "display_set"}));
    (void)w.get_settled("1");
    (void)w.get_settled("2");
    (void)w.get("3", lookup_options().fields({"keywords"}));
    w.settle();
    REQUIRE(w.requests.size() == 3);
    CHECK(w.requests[0].starts_with("GET /api/images/1?fields=title%2Cdisplay_set HTTP/1.1\r\n"));
    CHECK(w.requests[2].starts_with("GET /api/images/3?fields=keywords HTTP/1.1\r\n"));
}

TEST_CASE("G6: answers in any order, with ids that are not found, in every form of document") {
    for (const decode form : {decode::typed, decode::raw, decode::both}) {
        groups_world w;
        w.on_lookup = [](scripted_stream& s, id_list ids) {
            std::reverse(ids.begin(), ids.end());
            id_list found;
            id_list missing;
            for (const std::string& id : ids) (id.ends_with('7') ? missing : found).push_back(id);
            s.deliver(v3_response(found, missing));
            return true;
        };
        consumer c(w);
        c.open(numbers(100), tens().decode(form));
        c.drain();
        REQUIRE(c.taken.size() == 100);
        for (const outcome& o : c.taken) {
            CAPTURE(o.id);
            if (o.id.ends_with('7')) {
                CHECK(o.value.error() == condition::not_found);
                CHECK(o.value.error().http_status() == 200);
                CHECK(o.value.error().origin() == "service.test");
                CHECK(o.value.error().attempts() == 1);
            } else {
                if (form != decode::raw) CHECK(o.value->image.image_id() == o.id);
                if (form != decode::typed) CHECK(o.value->raw == v3_image(o.id));
            }
        }
        CHECK(w.asked.size() == 10);
    }
}

TEST_CASE("G6: an id that the answer does not mention is asked for once more, by itself") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, id_list ids) {
        if (ids.size() > 1) std::erase(ids, "3");
        s.deliver(v3_response(ids));
        return true;
    };
    consumer c(w);
    c.open(numbers(10), tens());
    c.drain();
    check_all_answered(c.taken, 10);
    CHECK(of_id(c.taken, "3").value.has_value());
    CHECK(of_id(c.taken, "3").attempts == 2);
    CHECK(of_id(c.taken, "4").attempts == 1);
    CHECK(w.asked.size() == 2);
    CHECK(w.core->stats().ids_asked_again == 1);
}

TEST_CASE("G6: absent again, it is not found, and said to be absent") {
    for (const bool several : {true, false}) {
        CAPTURE(several);
        groups_world w;
        w.on_lookup = [](scripted_stream& s, id_list ids) {
            std::erase(ids, "3");
            s.deliver(v3_response(ids));
            return true;
        };
        consumer c(w);
        c.open(several ? numbers(10) : id_list{"3"}, tens());
        c.drain();
        const error why = of_id(c.taken, "3").value.error();
        CHECK(why == condition::not_found);
        CHECK(why.message() == "absent from the answer");
        // An answer that names nobody, on a connection that had carried others, is confirmed on a new one.
        CHECK(of_id(c.taken, "3").attempts == (several ? 3 : 2));
        CHECK(w.asked.size() == (several ? 3 : 2));
    }
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list&) {
        s.deliver(v3_response({}));
        return true;
    };
    const auto p = w.get_settled("3");
    REQUIRE(p->done);
    CHECK(p->done->error().message() == "absent from the answer");
    CHECK(w.asked.size() == 2);
}

TEST_CASE("G6: an image that nobody asked for is nobody's, and nobody else is given its connection") {
    groups_world w(client_options().max_connections(1));
    bool once = true;
    w.on_lookup = [&](scripted_stream& s, id_list ids) {
        if (std::exchange(once, false)) ids.insert(ids.begin() + 1, "stranger");
        s.deliver(v3_response(ids));
        return true;
    };
    consumer c(w);
    c.open(numbers(20), tens().max_in_flight(1));
    c.drain();
    check_all_answered(c.taken, 20);
    CHECK(w.core->stats().strangers == 1);
    CHECK(w.core->stats().connections_opened == 2);
    CHECK(w.asked.size() == 2);
}

TEST_CASE("G6: of two images for one id the first counts") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list&) {
        s.deliver(http_response(
            200, R"({"images":[{"id":"0","title":"Title of 0"},{"id":"1","title":"Title of 1"},)"
                 R"({"id":"0","title":"another"}],"images_not_found":["1"]})"));
        return true;
    };
    consumer c(w);
    c.open(numbers(2), tens());
    c.drain();
    check_all_answered(c.taken, 2);
    CHECK(of_id(c.taken, "0").value.has_value());
    CHECK(of_id(c.taken, "1").value.has_value());
    CHECK(w.core->stats().strangers == 2);
}

TEST_CASE("G6: an answer with strangers alone is no answer, whoever it was meant for") {
    groups_world w(client_options().max_connections(1));
    bool once = true;
    w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
        s.deliver(std::exchange(once, false) ? v3_response(numbers(10, 500)) : v3_response(ids));
        return true;
    };
    consumer c(w);
    c.open(numbers(10), tens());
    c.drain();
    check_all_answered(c.taken, 10);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
}

TEST_CASE("G6: a body that breaks off fills nobody, and is asked for in halves") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list& ids) {
        const std::string body = v3_body(ids);
        const bool whole = ids.size() <= 3;
        s.deliver(http_response(200, whole ? body : body.substr(0, body.size() * 2 / 3)));
        return true;
    };
    consumer c(w);
    c.open(numbers(10), tens());
    c.drain();
    check_all_answered(c.taken, 10);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
    CHECK(w.asked.size() == 7);  // 10, 5, 2, 3, 5, 2, 3
    CHECK(w.core->stats().groups_split == 3);
}

TEST_CASE("G6: one image of another form takes no other along") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list& ids) {
        std::string body = v3_body(ids);
        if (const std::size_t at = body.find("\"Title of 4\""); at != std::string::npos)
            body.replace(at, 12, "[17]");
        s.deliver(http_response(200, body));
        return true;
    };
    consumer c(w);
    c.open(numbers(10), tens());
    c.drain();
    check_all_answered(c.taken, 10);
    for (const outcome& o : c.taken) CHECK(o.value.has_value() == (o.id != "4"));
    CHECK(of_id(c.taken, "4").value.error().value() == errc::malformed_body);
    CHECK(of_id(c.taken, "4").value.error().message().find("images[0].title") != std::string::npos);
}

TEST_CASE("G3: a 404 for several is taken apart, until the service has shown that it means all of them") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list& ids) {
        id_list found;
        id_list missing;
        for (const std::string& id : ids) (std::stoi(id) >= 900 ? missing : found).push_back(id);
        s.deliver(found.empty() ? http_response(404, R"({"ErrorCode":"ImageNotFound","ErrorMessage":"none"})")
                                : v3_response(found, missing));
        return true;
    };
    const auto requests_for = [&](const id_list& ids) {
        const std::size_t before = w.asked.size();
        consumer c(w);
        c.open(ids, tens());
        c.drain();
        REQUIRE(c.taken.size() == ids.size());
        for (const outcome& o : c.taken) {
            const bool missing = std::stoi(o.id) >= 900;
            CHECK(o.value.has_value() != missing);
            if (missing) CHECK(o.value.error() == condition::not_found);
        }
        return w.asked.size() - before;
    };
    CHECK(requests_for(numbers(8, 900)) == 15);  // each by itself
    CHECK(requests_for(numbers(8, 900)) == 15);  // and again: nothing has proved it
    CHECK(requests_for(numbers(8, 896)) == 1);   // four found, four named as missing
    CHECK(requests_for(numbers(8, 900)) == 1);   // now it is known
}

TEST_CASE("G3: a service that answers 404 where one is missing loses nobody") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list& ids) {
        const bool missing = holds(ids, "13");
        s.deliver(missing ? http_response(404, "{}") : v3_response(ids));
        return true;
    };
    consumer c(w);
    c.open(numbers(100), tens());
    c.drain();
    check_all_answered(c.taken, 100);
    for (const outcome& o : c.taken) CHECK(o.value.has_value() == (o.id != "13"));
}

TEST_CASE("G2: one id that the service refuses among a hundred costs 14 requests more, and nobody else") {
    for (const int status : {400, 413, 414, 422}) {
        CAPTURE(status);
        groups_world w;
        w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
            if (!holds(ids, "57")) return false;
            s.deliver(http_response(status, R"({"ErrorCode":"InvalidParameterValue","ErrorMessage":"no"})"));
            return true;
        };
        consumer c(w);
        c.open(numbers(200));
        c.drain();
        check_all_answered(c.taken, 200);
        for (const outcome& o : c.taken) CHECK(o.value.has_value() == (o.id != "57"));
        CHECK(of_id(c.taken, "57").value.error().http_status() == status);
        CHECK(w.asked.size() <= 16);
        CHECK(w.core->stats().retries == 0);
    }
}

TEST_CASE("G2: one group of a client is taken apart at a time") {
    groups_world w;
    w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
        const bool refused =
            std::any_of(ids.begin(), ids.end(), [](const auto& id) { return id.ends_with('3'); });
        s.deliver(refused ? http_response(400, "{}") : v3_response(ids));
        return true;
    };
    consumer c(w);
    c.open(numbers(40), tens().max_in_flight(4));
    c.drain();
    check_all_answered(c.taken, 40);
    REQUIRE(w.asked.size() > 8);
    // Each group's parts come together.
    std::vector<int> decades;
    for (const id_list& ids : w.asked) {
        const int decade = std::stoi(ids.front()) / 10;
        if (ids.size() == 10) continue;
        if (decades.empty() || decades.back() != decade) decades.push_back(decade);
    }
    CHECK(decades.size() == 4);
}

TEST_CASE("G2: where every id is refused one by one and none was ever answered, the batch stops") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list&) {
        s.deliver(
            http_response(400, R"({"ErrorCode":"InvalidParameterValue","ErrorMessage":"no such field"})"));
        return true;
    };
    consumer c(w);
    c.open(numbers(1000), tens().max_in_flight(1));
    c.drain();
    CHECK(w.asked.size() == 19);
    REQUIRE(c.batch->stopped());
    CHECK(c.batch->stopped()->value() == errc::bad_request);
    CHECK(c.batch->stopped()->message().find("no such field") != std::string::npos);
    CHECK(c.taken.size() < 100);
}

TEST_CASE("G2: an address where the service is not ends the batch, and no id is called missing for it") {
    struct row {
        int status;
        std::string body;
        errc why;
    };
    for (const row& r :
         {row{404, "404: there is nothing at this path", errc::unexpected_status},
          row{404, "<html><title>Not found</title></html>", errc::unexpected_status},
          row{414, "", errc::unexpected_status}, row{200, "<html>log in</html>", errc::malformed_body},
          row{200, "{}", errc::malformed_body}, row{200, "[]", errc::malformed_body},
          row{200, "", errc::malformed_body}}) {
        CAPTURE(r.body);
        groups_world w;
        w.on_lookup = [&](scripted_stream& s, const id_list&) {
            s.deliver(http_response(r.status, r.body));
            return true;
        };
        consumer c(w);
        c.open(numbers(1000), tens().max_in_flight(1));
        c.drain();
        CHECK(w.asked.size() == 19);
        REQUIRE(c.batch->stopped());
        CHECK(c.batch->stopped()->value() == r.why);
        if (r.status == 404)
            CHECK(c.batch->stopped()->message().find("https://service.test/api") != std::string::npos);
        for (const outcome& o : c.taken) CHECK_FALSE(o.value.error() == condition::not_found);
    }
}

TEST_CASE(
    "G7: what would befall every part as well is every id's error, without more requests than retries") {
    groups_world w(client_options().max_attempts(3));
    w.on_lookup = [](scripted_stream& s, const id_list&) {
        s.deliver(http_response(503, "{}"));
        return true;
    };
    consumer c(w);
    c.open(numbers(10), tens());
    while (!c.finished) {
        c.drain();
        if (c.waiting) w.step();
    }
    check_all_answered(c.taken, 10);
    for (const outcome& o : c.taken) {
        CHECK(o.value.error().value() == errc::server_error);
        CHECK(o.attempts == 3);
    }
    CHECK(w.asked.size() == 3);
}

TEST_CASE("G7: 500 and 596 are tried again, as every failure of the service's own") {
    for (const int status : {500, 502, 596}) {
        groups_world w;
        int left = 2;
        w.on_lookup = [&](scripted_stream& s, const id_list&) {
            if (left-- <= 0) return false;
            s.deliver(http_response(status, R"({"ErrorCode":"SystemError"})"));
            return true;
        };
        consumer c(w);
        c.open(numbers(10), tens());
        while (!c.finished) {
            c.drain();
            if (c.waiting) w.step();
        }
        check_all_answered(c.taken, 10);
        for (const outcome& o : c.taken) CHECK(o.value.has_value());
    }
}

TEST_CASE("G7: 429 without Retry-After has everybody pause, and loses nobody") {
    for (const std::string body :
         {R"({"message":"Too Many Requests"})", R"({"message":"Account Over Queries Per Second Limit"})"}) {
        for (const int status : {429, 403}) {
            if (status == 403 && body.find("Per Second") == std::string::npos) continue;
            groups_world w;
            int left = 3;
            w.on_lookup = [&](scripted_stream& s, const id_list&) {
                if (left-- <= 0) return false;
                s.deliver(http_response(status, body));
                return true;
            };
            consumer c(w);
            c.open(numbers(50), tens());
            while (!c.finished) {
                c.drain();
                if (c.waiting) w.step();
            }
            check_all_answered(c.taken, 50);
            for (const outcome& o : c.taken) CHECK(o.value.has_value());
            CHECK(w.core->stats().pauses >= 1);
        }
    }
}

TEST_CASE("G7: what no request will get past stops the batch, and says what to look at") {
    struct row {
        std::string body;
        std::string fields;
        errc why;
        std::string says;
    };
    const row rows[] = {
        {R"({"message":"Missing Authentication Token"})", "", errc::invalid_option,
         "https://service.test/api"},
        {R"({"message":"Forbidden"})", "", errc::forbidden, "the API key is not allowed"},
        {R"({"Message":"Account Over Rate Limit"})", "", errc::quota_exhausted, "Account Over Rate Limit"},
        {"", "X-Error-Detail: Account Over Rate Limit\r\n", errc::quota_exhausted, "Account Over Rate Limit"},
    };
    for (const row& r : rows) {
        CAPTURE(r.body);
        groups_world w;
        w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
            if (holds(ids, "0")) return false;
            s.deliver(http_response(403, r.body, r.fields));
            return true;
        };
        consumer c(w);
        c.open(numbers(1000), tens().max_in_flight(1));
        c.drain();
        REQUIRE(c.batch->stopped());
        CHECK(c.batch->stopped()->value() == r.why);
        CHECK(c.batch->stopped()->message().find(r.says) != std::string::npos);
        CHECK(w.asked.size() == 2);
        for (const outcome& o : c.taken) {
            if (o.value) continue;
            CHECK((o.value.error().value() == r.why || o.value.error().value() == errc::not_asked));
        }
    }
}

TEST_CASE("G7: a field beyond the caller's rights fails its request, and stops nobody") {
    for (const std::string code : {"UnauthorizedDisplaySize", "NoAccessToProductType", "UserTokenRequired"}) {
        groups_world w;
        w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
            if (!holds(ids, "0")) return false;
            s.deliver(
                http_response(403, R"({"ErrorCode":")" + code + R"(","ErrorMessage":"Per your rights"})"));
            return true;
        };
        consumer c(w);
        c.open(numbers(20), tens().max_in_flight(1));
        c.drain();
        CHECK_FALSE(c.batch->stopped());
        check_all_answered(c.taken, 20);
        CHECK(of_id(c.taken, "5").value.error().value() == errc::forbidden);
        CHECK(of_id(c.taken, "15").value.has_value());
        CHECK(w.asked.size() == 2);
    }
}

TEST_CASE("G8: the key is in no error, however the service quotes it") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list&) {
        s.deliver(http_response(400, R"({"ErrorMessage":"bad key: key-0123456789 or Bearer the-token"})"));
        return true;
    };
    w.settings.application_key = "key-0123456789";
    w.core = w.make_shard();
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    const std::string text = p->done->error().describe();
    CHECK(text.find("bad key") != std::string::npos);
    CHECK(text.find("0123456789") == std::string::npos);
    CHECK(text.find("the-token") == std::string::npos);
}

TEST_CASE(
    "G6: an error keeps what it says of a large answer, whose bytes are given back with the connection") {
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list&) {
        const std::string body = R"({"ErrorMessage":"no )" + std::string(200'000, 'x') + "\"}";
        s.deliver(http_response(400, body, "x-amzn-requestid: 8087af62-3d84-8b05-0261-cfe4814f5ea9\r\n"));
        return true;
    };
    const auto p = w.get_settled("1");
    REQUIRE(p->done);
    CHECK(p->done->error().request_id() == "8087af62-3d84-8b05-0261-cfe4814f5ea9");
}

namespace {

/// Requests that are answered when several are there, so that they share a connection.
struct pipelined {
    explicit pipelined(groups_world& in) : w(in), c(in) {
        REQUIRE(w.get_settled("warm")->done->has_value());  // so that there is a connection
        w.on_lookup = [this](scripted_stream& s, const id_list& ids) {
            held.emplace_back(std::static_pointer_cast<scripted_stream>(s.shared_from_this()), ids);
            return true;
        };
    }
    /// `first` is answered by `instead`.
    void run(const std::function<std::string(const id_list&)>& instead) {
        c.open(numbers(80), tens().max_in_flight(4));
        bool once = true;
        for (int turns = 0; !c.finished && turns < 100; ++turns) {
            c.drain();
            w.settle();
            for (const auto& [stream, ids] : std::exchange(held, {})) {
                stream->deliver(std::exchange(once, false) ? instead(ids) : v3_response(ids));
            }
            w.settle();
        }
        REQUIRE(c.finished);
        check_all_answered(c.taken, 80);
        for (const outcome& o : c.taken) CHECK(o.value.has_value());
    }

    groups_world& w;
    consumer c;
    std::vector<std::pair<std::shared_ptr<scripted_stream>, id_list>> held;
};

}  // namespace

TEST_CASE("G6: with pipelining, what an answer says of others is confirmed alone, and pipelining ends") {
    groups_world w(client_options().max_connections(1).pipeline_depth(4));
    pipelined p(w);
    p.run([](id_list ids) {
        ids.emplace_back("stranger");
        return v3_response(ids);
    });
    CHECK(w.core->stats().pipelining_stopped == 1);
    CHECK(w.core->stats().confirmations >= 1);
}

TEST_CASE("G6: with pipelining, a 404 or a 400 among others is confirmed before it is taken apart") {
    for (const int status : {404, 400}) {
        groups_world w(client_options().max_connections(1).pipeline_depth(4));
        pipelined p(w);
        p.run([status](const id_list&) { return http_response(status, "{}"); });
        CHECK(w.core->stats().groups_split == 0);
        CHECK(w.core->stats().confirmations >= 1);
    }
}

TEST_CASE("G6: a single lookup of v3 may be hedged, and equal ones share a request") {
    groups_world w(client_options().hedging(hedging::after_p95).duplicates(duplicates::merge).timeout(20s));
    std::vector<std::pair<std::shared_ptr<scripted_stream>, id_list>> held;
    w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
        held.emplace_back(std::static_pointer_cast<scripted_stream>(s.shared_from_this()), ids);
        return true;
    };
    const auto answer_all = [&] {
        for (const auto& [stream, ids] : std::exchange(held, {})) stream->deliver(v3_response(ids));
        w.settle();
    };
    for (int i = 0; i < 150; ++i) {
        const auto got = w.get(std::to_string(i));
        w.settle();
        w.advance(10ms);
        answer_all();
        REQUIRE(got->done);
    }
    const auto one = w.get("slow");
    const auto other = w.get("slow");
    w.settle();
    CHECK(held.size() == 1);
    w.advance(100ms);
    CHECK(held.size() == 2);  // asked once more
    held.erase(held.begin());
    answer_all();
    REQUIRE(one->done);
    REQUIRE(other->done);
    CHECK((*one->done)->image.image_id() == "slow");
    CHECK(w.core->stats().hedges_won == 1);
    CHECK(w.core->stats().lookups_merged == 1);
}

TEST_CASE("G7: a redirect within the origin is followed with all the ids, by option") {
    groups_world w(client_options().redirects(redirects::same_origin));
    std::vector<std::string> targets;
    w.on_lookup = [&](scripted_stream& s, const id_list& ids) {
        targets.push_back(w.requests.back().substr(4, w.requests.back().find(' ', 4) - 4));
        if (targets.size() == 1) {
            s.deliver(http_response(302, "", "Location: /api/images?ids=0%2C1&fields=title&again=1\r\n"));
            return true;
        }
        s.deliver(v3_response(ids));
        return true;
    };
    consumer c(w);
    c.open(numbers(2), tens());
    c.drain();
    check_all_answered(c.taken, 2);
    for (const outcome& o : c.taken) CHECK(o.value.has_value());
    REQUIRE(targets.size() == 2);
    CHECK(targets[1] == "/api/images?ids=0%2C1&fields=title&again=1");
}

TEST_CASE("G7: the observer is told of a request with the number of its ids, and of each id's end") {
    struct recorder final : observer {
        void attempt_finished(const attempt_event& e) noexcept override { ids.push_back(e.ids); }
        void lookup_completed(const lookup_event& e) noexcept override { ended.insert(std::string(e.id)); }
        std::vector<std::size_t> ids;
        std::set<std::string> ended;
    };
    const auto seen = std::make_shared<recorder>();
    groups_world w(client_options().observer(seen));
    consumer c(w);
    c.open(numbers(25), tens());
    c.drain();
    CHECK(seen->ids == std::vector<std::size_t>{10, 10, 5});
    CHECK(seen->ended.size() == 25);
}

TEST_CASE("G7: an id whose image was answered by a part is not counted against those of another part") {
    // The first half is refused for one id, the second is answered: each id has the attempts that it was in.
    groups_world w;
    w.on_lookup = [](scripted_stream& s, const id_list& ids) {
        if (!holds(ids, "0")) return false;
        s.deliver(http_response(400, "{}"));
        return true;
    };
    consumer c(w);
    c.open(numbers(4), tens());
    c.drain();
    CHECK(of_id(c.taken, "0").attempts == 3);  // 4, 2, 1
    CHECK(of_id(c.taken, "1").attempts == 3);
    CHECK(of_id(c.taken, "2").attempts == 2);
    CHECK(of_id(c.taken, "3").attempts == 2);
    CHECK(w.core->stats().requests == 5);
}
