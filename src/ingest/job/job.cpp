#include "ingest/job/running_job.hpp"

#include <getty/connect/ingest/job.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <mutex>
#include <optional>
#include <utility>

namespace getty::connect::ingest {

/// What belongs to an execution context is there from the run's begin to its end alone, or to the end of the
/// context: a job may outlive that, as a client may.
class job::impl {
public:
    impl(client& images, source& ids, sink& output, sink* errors, job_options options)
        : client_(images), source_(ids), output_(output), errors_(errors), options_(std::move(options)) {
        check_job(source_, output_, errors_, options_);
    }

    static boost::asio::awaitable<summary> run(std::shared_ptr<impl> self) {
        {
            const std::lock_guard held(self->mutex_);
            if (std::exchange(self->has_run_, true)) throw unusable("a job runs once; make another one");
            self->executor_ = self->client_.get_executor();
        }
        client& images = self->client_;
        auto work = boost::asio::co_spawn(images.get_executor(), run_on_it(std::move(self)),
                                          boost::asio::use_awaitable);
        summary done = co_await std::move(work);
        co_return done;
    }

    /// On any thread.
    void stop(const std::shared_ptr<impl>& self) {
        std::optional<boost::asio::any_io_executor> executor;
        {
            const std::lock_guard held(mutex_);
            is_stop_wanted_ = true;
            executor = executor_;
        }
        if (!executor) return;  // heeded when it begins, or over
        boost::asio::post(*executor, [self] { self->heed_stop(); });
    }

    [[nodiscard]] job_progress progress() const { return running_ ? running_->progress() : last_; }

private:
    /// Also where the coroutine goes with its context.
    struct while_running {
        explicit while_running(impl& o) : of(o) {}
        ~while_running() {
            of.running_.reset();
            const std::lock_guard held(of.mutex_);
            of.executor_.reset();
        }
        while_running(const while_running&) = delete;
        while_running& operator=(const while_running&) = delete;
        impl& of;
    };

    static boost::asio::awaitable<summary> run_on_it(std::shared_ptr<impl> self) {
        const while_running held(*self);
        self->running_.emplace(self->client_, self->source_, self->output_, self->errors_, self->options_);
        self->heed_stop();
        auto work = self->running_->run();
        summary done = co_await std::move(work);
        self->last_ = self->running_->progress();
        co_return done;
    }

    void heed_stop() {
        bool wanted = false;
        {
            const std::lock_guard held(mutex_);
            wanted = is_stop_wanted_;
        }
        if (running_ && wanted) running_->stop();
    }

    client& client_;
    source& source_;
    sink& output_;
    sink* errors_;
    job_options options_;
    std::optional<running_job> running_;
    job_progress last_;

    std::mutex mutex_;
    std::optional<boost::asio::any_io_executor> executor_;  // while it runs
    bool has_run_ = false;
    bool is_stop_wanted_ = false;
};

job::job(client& images, source& ids, sink& output, sink* errors, job_options options)
    : impl_(std::make_shared<impl>(images, ids, output, errors, std::move(options))) {}
job::~job() = default;

boost::asio::awaitable<summary> job::run() { return impl::run(impl_); }

void job::stop() noexcept {
    try {
        impl_->stop(impl_);
    } catch (const std::exception&) {
        return;  // without memory for that the job goes on
    }
}

job_progress job::progress() const { return impl_->progress(); }

}  // namespace getty::connect::ingest
