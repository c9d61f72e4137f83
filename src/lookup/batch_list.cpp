#include "lookup/batch_list.hpp"

#include "lookup/batch.hpp"

#include <utility>

namespace getty::connect::lookup {

void batch_list::begin(const std::shared_ptr<batch>& which) {
    std::erase_if(batches_, [](const std::weak_ptr<batch>& one) { return one.expired(); });
    batches_.push_back(which);
    if (closed_) which->stop(*closed_);
}

void batch_list::close(error why) {
    closed_ = std::move(why);
    for (const auto& weak : batches_) {
        if (const auto one = weak.lock()) one->stop(*closed_);
    }
}

void batch_list::cancel_lookups() {
    for (const auto& weak : batches_) {
        if (const auto one = weak.lock()) one->cancel_lookups();
    }
}

void batch_list::cancel() {
    for (const auto& weak : batches_) {
        if (const auto one = weak.lock()) one->cancel();
    }
}

}  // namespace getty::connect::lookup
