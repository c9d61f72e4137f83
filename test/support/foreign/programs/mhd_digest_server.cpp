// An origin over TLS on libmicrohttpd, whose Digest nonces are good for one target each: the service of some
// small devices. Ends when told to, or after five minutes.
//
// Usage: mhd_digest_server PORT CERTIFICATE_FILE KEY_FILE NONCES_KEPT
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <microhttpd.h>
#include <random>
#include <string>
#include <unistd.h>
#include <utility>

namespace {

constexpr const char* realm = "images";
constexpr unsigned nonce_life_seconds = 60;

std::string contents(const char* file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
}

MHD_Response* json(std::string body) {
    MHD_Response* const made =
        MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(made, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    return made;
}

MHD_Result answer(void*, MHD_Connection* to, const char* url, const char*, const char*, const char*, size_t*,
                  void** seen) {
    // Who answers at the first call closes the connection.
    static int mark = 0;
    if (!std::exchange(*seen, &mark)) return MHD_YES;
    const int verdict =
        MHD_digest_auth_check2(to, realm, "key", "token", nonce_life_seconds, MHD_DIGEST_ALG_MD5);
    MHD_Result queued = MHD_NO;
    MHD_Response* response = nullptr;
    if (verdict == MHD_YES) {
        const std::string id = std::strrchr(url, '/') + 1;
        response = json(R"({"CoordinationId":"c","Images":[{"ImageId":")" + id + R"("}]})");
        queued = MHD_queue_response(to, MHD_HTTP_OK, response);
    } else {
        response = json(R"({"ErrorCode":"Unauthorized"})");
        queued = MHD_queue_auth_fail_response2(to, realm, "opaque", response,
                                               verdict == MHD_INVALID_NONCE ? MHD_YES : MHD_NO,
                                               MHD_DIGEST_ALG_MD5);
    }
    MHD_destroy_response(response);
    return queued;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string certificate = contents(argv[2]);
    const std::string key = contents(argv[3]);
    const std::string entropy = std::to_string(std::random_device()());
    MHD_Daemon* const daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS | MHD_USE_ERROR_LOG, 0, nullptr, nullptr, answer,
        nullptr, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_HTTPS_MEM_CERT, certificate.c_str(),
        MHD_OPTION_HTTPS_MEM_KEY, key.c_str(), MHD_OPTION_DIGEST_AUTH_RANDOM, entropy.size(), entropy.data(),
        MHD_OPTION_NONCE_NC_SIZE, static_cast<unsigned>(std::atoi(argv[4])), MHD_OPTION_CONNECTION_LIMIT,
        500U, MHD_OPTION_END);
    if (!daemon) {
        std::perror("listen");  // "Address already in use": another port is tried
        return 1;
    }
    ::alarm(300);
    ::pause();
    MHD_stop_daemon(daemon);
}
