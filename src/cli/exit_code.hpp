// What the tool tells its caller with its exit status.
#pragma once

namespace getty::connect::cli {

enum class exit_code : int {
    success = 0,
    local_failure = 1,  ///< a file or pipe on this machine could not be read or written
    usage = 2,
    some_failed = 3,
    authentication = 4,
    unreachable = 5,    ///< nothing could be reached: name, network, TLS, or an outage that lasts
    quota = 6,          ///< the account has used up its requests
    limit = 7,          ///< one of the run: of its time, requests or failures, or of the pauses asked for
    hung_up = 129,      ///< 128 + SIGHUP
    interrupted = 130,  ///< 128 + SIGINT
    terminated = 143,   ///< 128 + SIGTERM
};

}  // namespace getty::connect::cli
