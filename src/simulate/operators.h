// The operators of a world: what they ask, and what they are told. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "http/message.h"
#include "simulate/dice.h"
#include "simulate/judge.h"
#include "simulate/stage.h"
#include "simulate/timeline.h"
#include "simulate/trace.h"

namespace usher::simulate {

class Operators {
  public:
    // Hands a request to a node that lives and says to which; kWorld when there is none.
    using Serve = std::function<Life(http::Request, std::function<void(http::Response)>)>;

    Operators(const Stage& stage, Dice& dice, Timeline& timeline, Trace& trace, Serve serve)
        : stage_{stage},
          dice_{dice},
          timeline_{timeline},
          trace_{trace},
          serve_{std::move(serve)} {}

    // They buy the first `count` offers and no others.
    void take(std::size_t count);

    // One of them asks something about one of those. With `leaves` nobody waits for the answer.
    void ask_something(bool leaves);

    // The node is dead: whoever waits for it will wait no more.
    void cut_off(Life node);

    // The node stood still: who waits for it could not be answered meanwhile.
    void excuse(Life node, base::Duration span);

    // One of them wants another product for one of those, deletes one, or lists an account's, as
    // `dice` draws it.
    void ask_otherwise(Dice& dice);

    // One of them changes or deletes an account that has something, or deletes all that it has.
    void ask_about_account(Dice& dice);

    // One of them asks for a change with a key, and asks the same again.
    void ask_with_key(Dice& dice);

    const std::vector<Asked>& asked() const { return asked_; }
    // Our ids of those.
    const std::set<domain::EntitlementId>& other_products() const { return other_products_; }

  private:
    struct Right {
        Offer offer;
        std::string entitlement;  // the newest that was bought
    };

    void buy(Right& right, bool leaves);
    void update(const Right& right, bool leaves);
    void read(const Right& right, bool leaves);
    void pry(const Right& right, bool leaves);
    void want_other_product(const Right& right, Dice& dice);
    void remove(const Right& right, Dice& dice);
    void list(const Right& right, Dice& dice);
    void ask_again(Right* bought, const Asked& asked, const http::Request& request, Dice& dice);
    void make_known(const Right& right, int error_code);
    Asked asking(AskedKind kind, const Right& right, std::string status) const;
    void send(Right* bought, Asked asked, http::Request request, bool leaves);
    void forget(const std::string& entitlement);
    void hear(std::size_t number, Right* bought, const http::Response& response);
    http::Headers headers(const Asked& asked);
    http::Headers headers(const Asked& asked, std::string_view preference) const;

    const Stage& stage_;
    Dice& dice_;
    Timeline& timeline_;
    Trace& trace_;
    Serve serve_;
    std::vector<Right> rights_;
    std::vector<Asked> asked_;
    std::vector<Life> asked_of_;  // by the same number
    std::set<domain::EntitlementId> other_products_;
    std::uint64_t keys_ = 0;
};

}  // namespace usher::simulate
