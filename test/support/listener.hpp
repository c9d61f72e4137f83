// Everything that an observer is told, as one text.
#pragma once

#include <getty/connect/observer.hpp>

#include <string>

namespace getty::connect::test {

struct listener final : observer {
    void connection_established(const connection_event& e) noexcept override { told += e.origin; }
    void token_failed(const error& why) noexcept override { hear(why); }
    void attempt_finished(const attempt_event& e) noexcept override {
        told += e.id;
        if (e.why != nullptr) hear(*e.why);
    }
    void retry_scheduled(const retry_event& e) noexcept override {
        told += e.id;
        hear(e.why);
    }
    void paused(std::chrono::milliseconds, const error& why) noexcept override { hear(why); }
    void lookup_completed(const lookup_event& e) noexcept override {
        told += e.id;
        if (e.why != nullptr) hear(*e.why);
    }
    void hear(const error& why) {
        ++errors;
        told += why.describe();
    }
    std::string told;
    int errors = 0;
};

}  // namespace getty::connect::test
