// The digest algorithms of the public options, as proto names them.
#pragma once

#include "proto/auth/digest_challenge.hpp"

#include <getty/connect/sandbox.hpp>

namespace getty::connect::sandbox {

[[nodiscard]] constexpr proto::digest_algorithm to_proto(digest_algorithm algorithm) noexcept {
    switch (algorithm) {
        case digest_algorithm::md5:
            return proto::digest_algorithm::md5;
        case digest_algorithm::md5_sess:
            return proto::digest_algorithm::md5_sess;
        case digest_algorithm::sha256:
            return proto::digest_algorithm::sha256;
        case digest_algorithm::sha256_sess:
            return proto::digest_algorithm::sha256_sess;
        case digest_algorithm::sha512_256:
            return proto::digest_algorithm::sha512_256;
        case digest_algorithm::sha512_256_sess:
            break;
    }
    return proto::digest_algorithm::sha512_256_sess;
}

}  // namespace getty::connect::sandbox
