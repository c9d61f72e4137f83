// Certificates for tests: an authority of its own, and what it issues.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace getty::connect::test {

/// What a server certificate says; by default what a server on this machine needs.
class leaf_options {
public:
    leaf_options() {}  // user-provided: an aggregate temporary in a co_await call is freed twice by g++ 12

    leaf_options& common_name(std::string name) {
        common_name_ = std::move(name);
        return *this;
    }
    /// Host names and addresses it is valid for, each "DNS:localhost" or "IP:127.0.0.1"; none: without the
    /// extension.
    leaf_options& subject_alternatives(std::vector<std::string> names) {
        names_ = std::move(names);
        return *this;
    }
    /// Validity, counted from now; both may be negative.
    leaf_options& valid(std::chrono::seconds from, std::chrono::seconds until) {
        from_ = from;
        until_ = until;
        return *this;
    }

    std::string common_name_ = "getty-connect test server";
    std::vector<std::string> names_{"DNS:localhost", "IP:127.0.0.1", "IP:::1"};
    std::chrono::seconds from_ = -std::chrono::hours(1);
    std::chrono::seconds until_ = std::chrono::hours(24);
};

struct certificate {
    std::string chain_pem;  ///< the certificate, then its issuers below the root
    std::string key_pem;
};

/// A root authority, or one between it and the servers. EC P-256 keys. A plain value holder: no thread rule.
class test_ca {
public:
    explicit test_ca(std::string_view name = "getty-connect test authority");
    /// An intermediate authority, signed by `issuer`.
    test_ca(std::string_view name, const test_ca& issuer);
    ~test_ca();
    test_ca(const test_ca&) = delete;
    test_ca& operator=(const test_ca&) = delete;

    /// This authority's own certificate.
    [[nodiscard]] const std::string& pem() const noexcept { return pem_; }
    /// Throws std::runtime_error for a name that is neither "DNS:..." nor "IP:...".
    [[nodiscard]] certificate issue(const leaf_options& options = leaf_options()) const;

private:
    struct state;
    std::unique_ptr<state> state_;
    std::string pem_;
    std::string issuers_pem_;  // this one and those above it, the root left out
};

}  // namespace getty::connect::test
