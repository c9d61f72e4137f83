#include "support/foreign/mhd.hpp"

namespace getty::connect::test {

mhd_origin::mhd_origin(unsigned nonces_kept) : nonces_kept_(nonces_kept) { start(); }

bool mhd_origin::available() { return std::string_view(MHD_DIGEST_SERVER) != ""; }

std::vector<std::string> mhd_origin::configure(std::uint16_t port) {
    return {MHD_DIGEST_SERVER, std::to_string(port), folder() / "server.pem", folder() / "server.key",
            std::to_string(nonces_kept_)};
}

}  // namespace getty::connect::test
