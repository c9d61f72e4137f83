#include "bench/report.hpp"

#include <getty/connect/version.hpp>

#include <boost/json.hpp>
#include <boost/version.hpp>
#include <openssl/crypto.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <curl/curl.h>
#include <fstream>
#include <iostream>
#include <sys/utsname.h>
#include <unistd.h>

namespace bench {
namespace {

std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("model name")) return line.substr(std::min(line.size(), line.find(':') + 2));
    }
    return "unknown";
}

std::string cores(const std::vector<int>& list) {
    std::string text;
    for (const int core : list) text += (text.empty() ? "" : ", ") + std::to_string(core);
    return text;
}

std::string kernel() {
    utsname names{};
    uname(&names);
    return std::string(names.sysname) + " " + names.release;
}

std::string today() {
    const std::time_t now = std::time(nullptr);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", std::gmtime(&now));
    return text;
}

/// Flush left or right; counts characters, not bytes.
std::string padded(const std::string& text, std::size_t width, bool left) {
    const auto starts = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    const auto shown = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts));
    const std::string blanks(width > shown ? width - shown : 0, ' ');
    return left ? text + blanks : blanks + text;
}

}  // namespace

double sample::quantile(double which) const {
    std::vector<double> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    const double place = which * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], place - std::floor(place));
}

std::vector<std::pair<std::string, std::string>> describe_machine(const placement& where) {
    const std::string boost = std::to_string(BOOST_VERSION / 100000) + "." +
                              std::to_string(BOOST_VERSION / 100 % 1000) + "." +
                              std::to_string(BOOST_VERSION % 100);
    const bool shared = where.client == where.origin;
    return {
        {"library", "getty-connect " + std::string(getty::connect::version)},
        {"date", today()},
        {"processor", processor() + ", " + std::to_string(where.all.size()) + " cores"},
        {"kernel", kernel()},
        {"compiler", "g++ " __VERSION__},
        {"libraries", std::string(OpenSSL_version(OPENSSL_VERSION)) + "; Boost " + boost + "; " +
                          curl_version_info(CURLVERSION_NOW)->version + " libcurl"},
        {"placement",
         shared ? "ONE CORE for client and origin: they take turns, so requests/s mean little"
                : "client on core " + cores(where.client) + ", origin on core " + cores(where.origin)},
    };
}

void print_machine(const placement& where) {
    for (const auto& [name, value] : describe_machine(where)) std::cout << name << ": " << value << '\n';
}

boost::json::object machine_json(const placement& where) {
    boost::json::object made;
    for (const auto& [name, value] : describe_machine(where)) made[name] = value;
    return made;
}

boost::json::object as_json(const sample& of) {
    boost::json::object made;
    made["median"] = of.median();
    made["min"] = of.min();
    made["max"] = of.max();
    made["rounds"] = boost::json::value_from(of.values());
    return made;
}

void write_document(const std::string& file, const boost::json::object& document) {
    std::ofstream out(file);
    out << boost::json::serialize(document) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + file);
}

std::string grouped(double value) {
    std::string digits = std::to_string(std::llround(value));
    for (std::size_t at = digits.size(); at > 3 + (digits[0] == '-' ? 1U : 0U);) digits.insert(at -= 3, ",");
    return digits;
}

std::string fixed(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

void show_progress(const std::string& line) {
    if (isatty(STDERR_FILENO) == 1) std::cerr << '\r' << padded(line, 60, true) << '\r' << line << std::flush;
}

void table::print() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += (i ? "  " : "") + padded(row[i], widths[i], i == 0);
        std::cout << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
    }
    std::cout << std::flush;
}

}  // namespace bench
