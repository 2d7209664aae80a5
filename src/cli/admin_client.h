// Asks a running Usher's admin listener, for the commands that speak admin/v1.
#pragma once

#include <expected>
#include <string>

#include <boost/json/value.hpp>

#include "base/time.h"

namespace usher::cli {

struct AdminAccess {
    std::string url = "http://127.0.0.1:8082";
    std::string tenant;      // empty: the token's only one, else the default one
    std::string token_file;  // empty: the environment's USHER_TOKEN
};

// Why there is no answer: a sentence with its remedy, and the exit code (interface §2).
struct AdminTrouble {
    int exit_code = 1;
    std::string sentence;
    int status = 0;      // of the answer; 0: there was none
    int error_code = 0;  // in its body; 0: none
};

// Whether the same question may be answered a little later: nobody answered, or not for now.
bool may_pass(const AdminTrouble& trouble);

// `body` empty: none. The answer of a success; everything else is trouble.
std::expected<boost::json::value, AdminTrouble> ask_admin(const AdminAccess& access,
                                                          const std::string& method,
                                                          const std::string& path,
                                                          const std::string& body = {});

// Asks again while the trouble may pass, for some minutes.
std::expected<boost::json::value, AdminTrouble> ask_patiently(const AdminAccess& access,
                                                              const std::string& method,
                                                              const std::string& path,
                                                              const std::string& body = {});

// The answer does not fit what was sent.
AdminTrouble other_version();

// Does nothing for so long.
void rest(base::Duration span);

// Prints the sentence; returns the exit code.
int report(const AdminTrouble& trouble);

}  // namespace usher::cli
