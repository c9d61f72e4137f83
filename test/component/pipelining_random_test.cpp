// P18: many lookups over few connections, and a service that does whatever is allowed, and once what is not.
#include "support/client_world.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <deque>
#include <map>
#include <random>

using namespace getty::connect;
using namespace getty::connect::test;

namespace {

enum class conduct {
    in_order,   // and nobody cancels
    cancelled,  // in order, but lookups are cancelled
    vanishing,  // connections end without a word as well
    mixed_up,   // one answer is sent twice, left out, followed by a byte, or sent before its turn
};

class dice {
public:
    explicit dice(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t n) { return engine_() % n; }
    bool one_in(std::size_t n) { return below(n) == 0; }

private:
    std::mt19937_64 engine_;
};

bool exists(const std::string& id) { return id.front() != 'm'; }

class scene {
public:
    scene(std::uint64_t seed, conduct how) : roll(seed), kind(how), world(options()) {
        world.on_image = [this](scripted_stream& s, const std::string& request) {
            owed[&s].push_back(requested_id(request));
            if (at_end) answer_all(s);
            return true;
        };
    }

    void run() {
        for (int i = 0; i < 60; ++i) {
            act();
            if (roll.one_in(2)) {
                world.settle();
            } else {  // what is to run may be overtaken by what happens next
                world.context.restart();
                for (std::size_t k = roll.below(12); k > 0; --k) world.context.poll_one();
            }
        }
        at_end = true;
        for (int i = 0; i < 40; ++i) {
            for (const auto& s : world.dialer->streams) answer_all(*s);
            world.advance(i < 20 ? 10ms : 30s);
        }
        check();
    }

private:
    struct lookup {
        std::string id;
        std::shared_ptr<pending> done;
        bool cancelled = false;
    };

    client_options options() {
        client_options o;
        o.max_connections(1 + roll.below(3)).pipeline_depth(1 + roll.below(6)).max_dials(1 + roll.below(3));
        o.acquire_timeout(300s).attempt_timeout(60s).timeout(600s);
        o.retry_budget(1.0, 100'000).max_attempts(20);
        if (kind != conduct::in_order && roll.one_in(4)) o.hedging(hedging::after_p95);
        return o;
    }

    std::string answer_to(const std::string& id) {
        if (!exists(id)) return http_response(404, R"({"message":"none"})");
        if (!at_end && roll.one_in(12)) {
            return http_response(200, R"({"Images":[{"ImageId":")" + id + R"(","Title":")" +
                                          std::string(roll.below(120'000), 't') + R"("}]})");
        }
        if (!at_end && roll.one_in(6)) {
            const std::string body = R"({"Images":[{"ImageId":")" + id + R"("}]})";
            char size[16];
            std::snprintf(size, sizeof size, "%zx", body.size());
            return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(size) + "\r\n" +
                   body + "\r\n0\r\n\r\n";
        }
        return image_response(id);
    }

    /// The one thing that a service must not do.
    void mix_up(std::string& answer, std::deque<std::string>& next) {
        if (kind != conduct::mixed_up || misbehaved || !roll.one_in(10)) return;
        misbehaved = true;
        switch (roll.below(4)) {
            case 0:
                answer += answer;
                break;
            case 1:
                answer.clear();
                break;
            case 2:
                answer += "x";
                break;
            default:
                if (next.empty()) break;
                answer = answer_to(next.front()) + answer;
                next.pop_front();
        }
    }

    void send(scripted_stream& s, const std::string& bytes) {
        if (in_records) {
            s.deliver_later_record(bytes);
        } else {
            s.deliver(bytes);
        }
    }

    /// A few answers, perhaps cut anywhere.
    void answer_some(scripted_stream& s) {
        std::string out = std::exchange(held_back[&s], "");
        std::deque<std::string>& next = owed[&s];
        bool closes = false;
        for (std::size_t k = 1 + roll.below(5); k > 0 && !next.empty() && !closes; --k) {
            std::string answer = answer_to(next.front());
            next.pop_front();
            if (roll.one_in(25)) {
                answer.insert(answer.find("\r\n") + 2, "Connection: close\r\n");
                closes = true;
            }
            mix_up(answer, next);
            out += answer;
        }
        if (!closes && out.size() > 1 && roll.one_in(2)) {
            const std::size_t cut = roll.below(out.size());
            held_back[&s] = out.substr(cut);
            out.resize(cut);
        }
        send(s, out);
        if (!closes) return;
        next.clear();
        if (roll.one_in(2)) s.end(true);
    }

    void answer_all(scripted_stream& s) {
        if (s.closed_by_client()) return;
        s.block_writes(false);
        send(s, std::exchange(held_back[&s], ""));
        for (const std::string& id : std::exchange(owed[&s], {})) send(s, answer_to(id));
    }

    scripted_stream* some_stream() {
        std::vector<scripted_stream*> open;
        for (const auto& s : world.dialer->streams) {
            if (!s->closed_by_client()) open.push_back(s.get());
        }
        return open.empty() ? nullptr : open[roll.below(open.size())];
    }

    void act() {
        const std::size_t what = roll.below(kind == conduct::vanishing ? 12 : 10);
        if (what < 3) {
            for (std::size_t k = 1 + roll.below(4); k > 0; --k) {
                const bool missing = kind != conduct::in_order && roll.one_in(6);
                const std::string id = (missing ? "m" : "i") + std::to_string(all.size());
                all.push_back({id, world.get(id)});
            }
            return;
        }
        if (what == 3) return world.advance(std::chrono::milliseconds(roll.below(300)));
        if (what == 4 && kind != conduct::in_order && !all.empty()) {
            lookup& one = all[roll.below(all.size())];
            one.cancelled = true;
            one.done->scope.cancel();
            return;
        }
        scripted_stream* const s = some_stream();
        if (!s) return;
        if (what < 8) return answer_some(*s);
        if (what == 8) return s->block_writes(roll.one_in(2));
        if (what == 9) return s->slice(roll.one_in(2) ? 1 + roll.below(50) : std::size_t(-1));
        if (!roll.one_in(3)) return;
        if (what == 10) s->end(roll.one_in(2));
        if (what == 11) s->reset();
    }

    void check() {
        for (const lookup& one : all) {
            CAPTURE(one.id);
            REQUIRE(one.done->done);
            const result<document>& got = *one.done->done;
            if (got) {
                CHECK(exists(one.id));
                CHECK(got->image.image_id() == one.id);
                continue;
            }
            CAPTURE(got.error().describe());
            const bool canceled = one.cancelled && got.error().value() == errc::canceled;
            const bool not_found = !exists(one.id) && got.error().value() == errc::not_found;
            CHECK((canceled || not_found));
        }
        if (kind == conduct::in_order || kind == conduct::cancelled)
            CHECK(world.core->stats().pipelining_stopped == 0);
        world.check_nothing_left();
    }

    dice roll;
    conduct kind;
    client_world world;
    std::map<scripted_stream*, std::deque<std::string>> owed;
    std::map<scripted_stream*, std::string> held_back;
    std::vector<lookup> all;
    bool in_records = roll.one_in(3);
    bool misbehaved = false;
    bool at_end = false;
};

}  // namespace

TEST_CASE(
    "P18: whatever a service and impatient callers do, each lookup has its own outcome, and nothing is "
    "left") {
    for (std::uint64_t seed = 1; seed <= 150; ++seed) {
        CAPTURE(seed);
        for (const conduct how :
             {conduct::in_order, conduct::cancelled, conduct::vanishing, conduct::mixed_up}) {
            CAPTURE(static_cast<int>(how));
            scene(seed, how).run();
        }
    }
}
