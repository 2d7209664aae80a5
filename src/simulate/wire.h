// What was on the wire between us and the partner, as the judge needs it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "http/message.h"

namespace usher::simulate {

// One call to the partner.
struct Sent {
    http::Request request;
    base::Monotonic at;
    base::Monotonic until;     // the sender had its answer, stopped waiting or died
    bool left = true;          // else no connection could be made
    std::optional<int> heard;  // the HTTP status of the answer that was read
    std::string answer;        // its body
};

// What a call is about. Read from the request alone.
struct Meaning {
    enum class Kind {
        change,
        read,   // of one record
        find,   // of a customer's records
        other,  // changes nothing and is no evidence about a record
    };
    Kind kind{};
    std::string our_id;      // of a create
    std::string partner_id;  // of what concerns a record
    std::string customer;    // of `find`
};

Meaning meaning_of(const http::Request& request);

// A look of the sweep is on nobody's behalf, under no claim, and decides nothing.
bool is_look(const http::Request& request);

// What a call asks of a record; to resume and to undo an ending are the same call.
enum class Plea { create, suspend, resume, cancel, revoke };
std::optional<Plea> plea_of(const http::Request& request);

// The partner's word in an answer's body; empty when it has none.
std::string status_in(const std::string& body);
std::string product_in(const std::string& body);

}  // namespace usher::simulate
