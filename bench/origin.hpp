// The service that everything is measured against: as little work per request as TLS allows.
#pragma once

#include <chrono>
#include <string>

namespace bench {

struct origin_options {
    /// Of the answers to image requests.
    std::chrono::milliseconds delay{0};
    /// As in a challenge: MD5, SHA-256 or SHA-512-256.
    std::string digest = "MD5";
    /// What becomes of a connection after an image.
    enum class after_answer { keep_open, close } then = after_answer::keep_open;
    /// Whether clients get sessions that they can resume.
    enum class session_tickets { issued, withheld } tickets = session_tickets::issued;
    /// `awake`: its core spins for a while after each request. Waking a core costs the client that sends to
    /// it microseconds, which a client that is slower, and so finds the origin asleep more often, would pay
    /// more often; on a network nobody pays them.
    enum class idling { asleep, awake } idle = idling::asleep;
};

/// Serves on a free port of 127.0.0.1, on this thread, until the process is ended:
///
///     GET  /api/images/ID     the image; asks for no credentials
///     GET  /digest/images/ID  the image, or a challenge when no Digest credentials came; does not verify
///     POST /api/token         a token
///     GET  /v3/images/ID, /v3/images?ids=ID%2CID
///                             the images in v3's form; asks for no credentials
///     GET  /v3/images/ID, /v3/images?ids=ID%2CID  the images in v3's form; asks for no credentials
///
/// Requests may be pipelined. Writes the port, a line end and the authority's certificate as PEM to the
/// standard output, then closes it. Throws `std::runtime_error` when it cannot start.
void serve(const origin_options& options);

}  // namespace bench
