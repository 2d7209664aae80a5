// Customers and the merchant, who act at the partner by themselves. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include <boost/json/object.hpp>

#include "domain/ids.h"
#include "sandbox/partner_model.h"
#include "simulate/dice.h"
#include "simulate/stage.h"
#include "simulate/timeline.h"
#include "simulate/trace.h"

namespace usher::simulate {

// What they act in. All of it outlives them.
struct MoversGround {
    const Stage& stage;
    sandbox::PartnerModel& partner;
    Timeline& timeline;
    Dice& dice;
    Trace& trace;
    std::function<base::Time()> partner_time;
    std::function<void()> moved;  // the partner has something to tell
};

class Movers {
  public:
    Movers(MoversGround ground, std::uint64_t seed);

    // Status changes of records that were bought under the first `rights` offers, at most until
    // `ends`.
    void plan(std::size_t rights, base::Monotonic ends);
    // In some worlds they take other products too; `silently`: also those where the customer has
    // to act again, of which no report tells (Bango §5).
    void plan_products(std::size_t rights, base::Monotonic ends, bool silently);

    // Of the partner's, for one of the first offers; empty when there is none.
    boost::json::object some_record(std::size_t of);

    std::uint64_t moves() const { return moves_; }
    std::uint64_t product_moves() const { return product_moves_; }
    // Our ids of what they have moved, and of what they gave another product.
    const std::set<std::string>& moved() const { return moved_; }
    const std::set<domain::EntitlementId>& other_product() const { return other_product_; }

  private:
    void move_one(std::size_t of);
    void move(const std::string& id, const std::string& our_id);
    void move_product(bool silently);

    MoversGround ground_;
    Dice products_;
    std::uint64_t moves_ = 0;
    std::uint64_t product_moves_ = 0;
    std::set<std::string> moved_;
    std::set<domain::EntitlementId> other_product_;
};

}  // namespace usher::simulate
