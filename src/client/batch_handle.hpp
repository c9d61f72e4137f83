// What a stream of outcomes holds.
#pragma once

#include "client/client_core.hpp"

#include <memory>
#include <utility>

namespace getty::connect::detail {

class batch_handle {
public:
    batch_handle(std::shared_ptr<client_core> c, std::shared_ptr<lookup::batch> b) noexcept
        : core(std::move(c)), batch(std::move(b)) {}
    std::shared_ptr<client_core> core;
    std::shared_ptr<lookup::batch> batch;
};

}  // namespace getty::connect::detail
