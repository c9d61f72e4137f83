#include "ingest/job/running_job.hpp"

#include <getty/connect/ingest/job.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace getty::connect::ingest {

class job::impl {
public:
    impl(client& images, source& ids, sink& output, sink* errors, const job_options& options)
        : executor(images.get_executor()), running(images, ids, output, errors, options) {}

    boost::asio::any_io_executor executor;
    running_job running;
};

job::job(client& images, source& ids, sink& output, sink* errors, job_options options)
    : impl_(std::make_shared<impl>(images, ids, output, errors, options)) {}
job::~job() = default;

boost::asio::awaitable<summary> job::run() {
    const std::shared_ptr<impl> held = impl_;
    auto work = boost::asio::co_spawn(held->executor, held->running.run(), boost::asio::use_awaitable);
    summary done = co_await std::move(work);
    co_return done;
}

void job::stop() noexcept {
    try {
        boost::asio::post(impl_->executor, [held = impl_] { held->running.stop(); });
    } catch (const std::exception&) {
        return;  // without memory for that the job goes on
    }
}

job_progress job::progress() const { return impl_->running.progress(); }

}  // namespace getty::connect::ingest
