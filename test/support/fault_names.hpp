// The names of all faults, from the only one who knows them for certain.
#pragma once

#include <getty/connect/sandbox.hpp>

#include <set>
#include <sstream>
#include <string>

namespace getty::connect::test {

/// As the sandbox lists them for a name that it does not know; `status-NNN` stands as `status-400`.
inline std::set<std::string> fault_names() {
    const std::string told = sandbox::options().fault("earthquake").validate().error().message();
    std::istringstream list(told.substr(told.find("there are ") + 10));
    std::set<std::string> names;
    for (std::string name; list >> name;) {
        if (name.ends_with(',')) name.pop_back();
        if (name != "to" && name != "status-599") names.insert(name);
    }
    return names;
}

}  // namespace getty::connect::test
