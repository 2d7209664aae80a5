#include "api/options.h"

namespace usher::api {

std::string_view to_text(Right right) {
    switch (right) {
        case Right::read:
            return "read";
        case Right::buy:
            return "buy";
        case Right::change:
            return "change";
        case Right::end:
            return "end";
        case Right::catalogue:
            return "catalogue";
    }
    return "";
}

}  // namespace usher::api
