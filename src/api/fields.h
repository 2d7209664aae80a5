// Reads the arguments of a body and collects everything that is wrong with them, so that the caller
// learns it all at once. An argument that is null is absent; unknown ones are ignored (interface
// §4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "api/problem.h"
#include "base/time.h"
#include "domain/entitlement.h"
#include "domain/words.h"

namespace usher::api {

enum class Presence { optional, mandatory };

class Fields {
  public:
    // The object must outlive this.
    explicit Fields(const boost::json::object& body) : body_{body} {}

    // Each gives nothing when the argument is absent or wrong; ok() tells in the end.
    std::optional<std::string> text(std::string_view name, Presence presence,
                                    std::size_t longest = 256);  // in characters
    std::optional<std::string> id(std::string_view name, Presence presence);
    std::optional<base::Time> date(std::string_view name, Presence presence);
    std::optional<domain::EntitlementStatus> status(std::string_view name, Presence presence);

    // Must be exactly `word` when given.
    void word(std::string_view name, Presence presence, std::string_view word, ErrorCode code);

    // Reasons in both editions' words; an empty one is as good as none.
    domain::Reason reason();

    void add(ErrorCode code, std::string_view name, std::string text);
    bool ok() const { return violations_.empty(); }
    Problem take_problem();  // when not ok()

  private:
    std::optional<std::string> string(std::string_view name, Presence presence);

    const boost::json::object& body_;
    std::vector<Violation> violations_;
};

// An id that came in the path; adds a violation when it cannot be one.
std::string id_in_path(std::string_view name, std::string_view text, Fields& fields);

}  // namespace usher::api
