// The authorities that clients trust, read once for all clients that name the same ones.
#pragma once

#include <getty/connect/result.hpp>

#include <cstddef>
#include <memory>
#include <string>

// OpenSSL's own name, so that its headers stay out of ours.
struct x509_store_st;

namespace getty::connect::net {

/// Certificates of authorities. Never changed once it is made, but for what OpenSSL itself looks up in the
/// system's folder under the store's lock; what a connection asks of its peer is kept with the connection.
using trust_store = std::shared_ptr<x509_store_st>;

/// Those in `ca_pem`, else those in `ca_file`, else the system's.
///
/// To read them takes OpenSSL 20 ms, so clients that name the same ones share a store for as long as one of
/// them lives. What counts is what is named: the text itself, a file with its identity and its times, the
/// paths of the system with theirs. So what has changed is read anew for the next client. Errors are not
/// kept. For any thread.
///
/// Errors: `invalid_option` with what cannot be used and OpenSSL's reason.
[[nodiscard]] result<trust_store> trusted_authorities(const std::string& ca_file, const std::string& ca_pem);

/// How many are shared at present; for tests.
[[nodiscard]] std::size_t shared_trust_stores();

}  // namespace getty::connect::net
