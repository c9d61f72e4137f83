#include "bench/contestants.hpp"
#include "bench/dom_image.hpp"
#include "bench/image_set_target.hpp"

#include <curl/curl.h>
#include <deque>
#include <memory>

namespace bench {
namespace {

// To the compiler every handle of libcurl is a `void*`.
template <auto Free>
struct free_curl {
    template <class T>
    void operator()(T* handle) const noexcept {
        Free(handle);
    }
};
using easy_ptr = std::unique_ptr<CURL, free_curl<curl_easy_cleanup>>;
using multi_ptr = std::unique_ptr<CURLM, free_curl<curl_multi_cleanup>>;
using list_ptr = std::unique_ptr<curl_slist, free_curl<curl_slist_free_all>>;

enum class body_is { kept, parsed, parsed_set };

struct transfer {
    easy_ptr easy{curl_easy_init()};
    std::string url, body;
};

std::size_t append(const char* bytes, std::size_t, std::size_t count, void* to) {
    static_cast<transfer*>(to)->body.append(bytes, count);
    return count;
}

class fetcher {
public:
    fetcher(const job& of, body_is meant) : job_(of), meant_(meant), meter_(of), multi_(curl_multi_init()) {
        fields_.reset(curl_slist_append(nullptr, "Authorization: Bearer bench-token"));
        if (meant == body_is::parsed_set) curl_slist_append(fields_.get(), "Api-Key: bench-key");
        curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(of.in_flight));
        for (std::size_t i = 0; i < of.in_flight; ++i) set_up(transfers_.emplace_back());
    }
    ~fetcher() {
        for (transfer& t : transfers_) curl_multi_remove_handle(multi_.get(), t.easy.get());
    }
    fetcher(const fetcher&) = delete;
    fetcher& operator=(const fetcher&) = delete;

    cost run() {
        for (transfer& t : transfers_) start(t);
        int running = 0;
        while (!meter_.done()) {
            curl_multi_perform(multi_.get(), &running);
            int left = 0;
            bool finished = false;
            while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
                if (message->msg != CURLMSG_DONE) continue;
                finished = true;
                finish(message->easy_handle, message->data.result);
            }
            if (!finished) curl_multi_poll(multi_.get(), nullptr, 0, 1000, nullptr);
        }
        return meter_.result();
    }

private:
    void set_up(transfer& t) {
        CURL* easy = t.easy.get();
        curl_blob ca{const_cast<char*>(job_.ca_pem.data()), job_.ca_pem.size(), CURL_BLOB_NOCOPY};
        curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &ca);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields_.get());
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "bench");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, append);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &t);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, &t);
    }

    void start(transfer& t) {
        std::uint64_t number = 0;
        if (!meter_.next(number, job_.ids_per_request)) return;
        t.body.clear();
        t.url = "https://127.0.0.1:" + std::to_string(job_.port);
        if (meant_ == body_is::parsed_set) {
            t.url += image_set_target(number, job_.ids_per_request);
        } else {
            t.url += "/api/images/";
            t.url += id_text(number).view();
        }
        curl_easy_setopt(t.easy.get(), CURLOPT_URL, t.url.c_str());
        curl_multi_add_handle(multi_.get(), t.easy.get());
    }

    void finish(CURL* easy, CURLcode result) {
        transfer* t = nullptr;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        if (result != CURLE_OK) throw std::runtime_error(curl_easy_strerror(result));
        if (status != 200 || t->body.empty()) bad_answer("libcurl");
        if (meant_ == body_is::parsed && parse_dom_image(t->body).image_id.empty()) bad_answer("libcurl");
        if (meant_ == body_is::parsed_set && parse_dom_image_set(t->body).size() != job_.ids_per_request)
            bad_answer("libcurl");
        curl_multi_remove_handle(multi_.get(), easy);
        meter_.answered(job_.ids_per_request);
        start(*t);
    }

    const job& job_;
    body_is meant_;
    meter meter_;
    multi_ptr multi_;
    list_ptr fields_;
    std::deque<transfer> transfers_;
};

cost run(const job& of, body_is meant) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return fetcher(of, meant).run();
}

}  // namespace

cost run_curl_raw(const job& of) { return run(of, body_is::kept); }
cost run_curl_dom(const job& of) { return run(of, body_is::parsed); }
cost run_curl_v3_dom(const job& of) { return run(of, body_is::parsed_set); }

}  // namespace bench
