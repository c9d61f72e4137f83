#include "bench/sweep_findings.hpp"

#include <algorithm>
#include <stdexcept>

namespace bench {
namespace {

template <class Operation>
double median_of(const sample& a, const sample& b, Operation operation) {
    sample made;
    for (std::size_t i = 0; i < std::min(a.values().size(), b.values().size()); ++i) {
        made.add(operation(a.values()[i], b.values()[i]));
    }
    return made.median();
}

}  // namespace

void findings::add(const std::string& of, const figures& round) {
    auto found = std::find_if(cases_.begin(), cases_.end(), [&](const auto& one) { return one.first == of; });
    if (found == cases_.end()) found = cases_.emplace(cases_.end(), of, std::map<std::string, sample>());
    for (const auto& [name, value] : round) found->second[name].add(value);
}

const sample& findings::at(const std::string& of, const std::string& figure) const {
    const auto found =
        std::find_if(cases_.begin(), cases_.end(), [&](const auto& one) { return one.first == of; });
    if (found == cases_.end()) throw std::out_of_range("no figures of " + of);
    return found->second.at(figure);
}

double findings::ratio(const std::string& of, const std::string& base, const std::string& figure) const {
    return median_of(at(of, figure), at(base, figure), [](double a, double b) { return a / b; });
}

double findings::difference(const std::string& of, const std::string& base, const std::string& figure) const {
    return median_of(at(of, figure), at(base, figure), [](double a, double b) { return a - b; });
}

boost::json::object findings::json() const {
    boost::json::object made;
    for (const auto& [of, samples] : cases_) {
        boost::json::object one;
        for (const auto& [name, values] : samples) one[name] = as_json(values);
        made[of] = std::move(one);
    }
    return made;
}

}  // namespace bench
