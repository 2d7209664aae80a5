// The faults that can be planted in the product (base/planted.h), and the rules that can be left
// out of it (domain/rules.h), by name. A build that serves has none of them.
#pragma once

#include <string_view>
#include <vector>

namespace usher::simulate {

struct PlantedFault {
    std::string_view name;  // "answers-before-commit", "without-lost-means-unknown"
    std::string_view breaks;
};

std::vector<PlantedFault> planted_faults();

// For the whole process, and for those that it starts. False when there is none of that name.
bool plant(std::string_view name);

}  // namespace usher::simulate
