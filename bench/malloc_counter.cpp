// Stands before glibc's allocator and counts: loaded with LD_PRELOAD by the runs that want to know, by no
// other one. Linked to be initialised first of all, as OpenSSL takes other functions only before it has used
// its own.
#include <openssl/crypto.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

std::atomic<std::uint64_t> all = 0, openssl = 0;

void count_one(std::atomic<std::uint64_t>& of) noexcept { of.fetch_add(1, std::memory_order_relaxed); }

void* openssl_malloc(std::size_t size, const char*, int) {
    count_one(openssl);
    return std::malloc(size);
}

void* openssl_realloc(void* block, std::size_t size, const char*, int) {
    count_one(openssl);
    return std::realloc(block, size);
}

void openssl_free(void* block, const char*, int) { std::free(block); }

[[gnu::constructor]] void count_openssl() {
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1) std::abort();
}

}  // namespace

extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t number, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void bench_malloc_count(std::uint64_t* all_of_them, std::uint64_t* by_openssl) {
    *all_of_them = all.load(std::memory_order_relaxed);
    *by_openssl = openssl.load(std::memory_order_relaxed);
}

void* malloc(std::size_t size) {
    count_one(all);
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
    count_one(all);
    return __libc_calloc(number, size);
}

void* realloc(void* block, std::size_t size) {
    count_one(all);
    return __libc_realloc(block, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    count_one(all);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
    count_one(all);
    void* made = __libc_memalign(alignment, size);
    if (!made) return ENOMEM;
    *block = made;
    return 0;
}

}  // extern "C"
