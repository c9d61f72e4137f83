#include "cli/bench/request_log.hpp"

#include "core/numerals.hpp"
#include "load/document_members.hpp"

#include <chrono>

namespace getty::connect::cli {

request_log::request_log(const boost::asio::any_io_executor& executor, const std::string& path)
    : writer_(executor, path) {}

void request_log::time(std::string_view name, core::time_point at) {
    line_ += ",\"";
    line_ += name;
    line_ += "\":";
    line_ += core::fixed(static_cast<double>((at - window_.begin).count()) / 1e3, 1);
}

void request_log::begin_line(core::time_point due) {
    line_ = "{\"step\":" + std::to_string(step_) + ",\"part\":\"";
    line_ += load::spellings<load::step_part>[static_cast<std::size_t>(window_.part_of(due))];
    line_ += '"';
}

void request_log::ended(std::string_view id, const load::lookup_end& lookup) {
    begin_line(lookup.due);
    line_ += ",\"id\":";
    append_json_string(line_, id);
    time("due_us", lookup.due);
    time("sent_us", lookup.sent);
    time("ended_us", lookup.ended);
    line_ += ",\"outcome\":\"";
    line_ += lookup.failure ? to_string(*lookup.failure) : std::string_view("ok");
    line_ += "\"}";
    writer_.append(line_, id);
}

void request_log::dropped(core::time_point due) {
    begin_line(due);
    time("due_us", due);
    line_ += ",\"outcome\":\"dropped\"}";
    writer_.append(line_, "");
}

boost::asio::awaitable<void> request_log::drained() { co_await writer_.drained(); }

}  // namespace getty::connect::cli
