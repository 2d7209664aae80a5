#include "flow/store.h"

namespace usher::flow {

std::string_view to_text(StoreError error) {
    switch (error) {
        case StoreError::not_writable:
            return "not_writable";
        case StoreError::unconfirmed:
            return "unconfirmed";
        case StoreError::overloaded:
            return "overloaded";
        case StoreError::contended:
            return "contended";
        case StoreError::damaged:
            return "damaged";
        case StoreError::closed:
            return "closed";
    }
    return "";
}

}  // namespace usher::flow
