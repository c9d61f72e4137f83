// Figures as people and programs read them.
#pragma once

#include "bench/system.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <utility>
#include <vector>

namespace bench {

/// The figures of several rounds.
class sample {
public:
    void add(double value) { values_.push_back(value); }
    [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
    [[nodiscard]] const std::vector<double>& values() const noexcept { return values_; }
    [[nodiscard]] double median() const { return quantile(0.5); }
    [[nodiscard]] double min() const { return quantile(0); }
    [[nodiscard]] double max() const { return quantile(1); }
    /// Precondition: not empty.
    [[nodiscard]] double quantile(double which) const;

private:
    std::vector<double> values_;
};

/// What a figure depends on: name and value of each fact.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> describe_machine(const placement& where);
void print_machine(const placement& where);
[[nodiscard]] boost::json::object machine_json(const placement& where);

/// Median, least, most and every round.
[[nodiscard]] boost::json::object as_json(const sample& of);
/// Throws `std::runtime_error` when it cannot.
void write_document(const std::string& file, const boost::json::object& document);

/// "1,234,567"
[[nodiscard]] std::string grouped(double value);
/// With so many digits after the point.
[[nodiscard]] std::string fixed(double value, int digits);

/// One line that the next one replaces, where somebody is watching.
void show_progress(const std::string& line);

/// Columns as wide as they need to be: the first one flush left, the others right.
class table {
public:
    explicit table(std::vector<std::string> heads) : rows_{std::move(heads)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    void print() const;

private:
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace bench
