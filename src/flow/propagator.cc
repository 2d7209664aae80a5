#include "flow/propagator.h"

namespace usher::flow {

std::string_view to_text(RouteState state) {
    switch (state) {
        case RouteState::healthy:
            return "healthy";
        case RouteState::half_open:
            return "half_open";
        case RouteState::open:
            return "open";
    }
    return "";
}

}  // namespace usher::flow
