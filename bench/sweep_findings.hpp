// What the rounds of one part of the sweep came to.
#pragma once

#include "bench/figures.hpp"
#include "bench/report.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// Samples by case ("library-raw at 32") and figure ("cpu_us").
class findings {
public:
    /// One round of one case.
    void add(const std::string& of, const figures& round);
    /// Throws `std::out_of_range` when there is none.
    [[nodiscard]] const sample& at(const std::string& of, const std::string& figure) const;
    [[nodiscard]] double median(const std::string& of, const std::string& figure) const {
        return at(of, figure).median();
    }
    /// Median over the rounds of what `of` came to as a multiple of `base` in the same round.
    [[nodiscard]] double ratio(const std::string& of, const std::string& base,
                               const std::string& figure) const;
    /// Likewise the difference.
    [[nodiscard]] double difference(const std::string& of, const std::string& base,
                                    const std::string& figure) const;

    [[nodiscard]] boost::json::object json() const;

private:
    std::vector<std::pair<std::string, std::map<std::string, sample>>> cases_;
};

}  // namespace bench
