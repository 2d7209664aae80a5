#include "simulate/movers.h"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "simulate/setup.h"

namespace usher::simulate {

namespace {

constexpr std::uint64_t kUseOfProducts = 5;  // of the dice; the world has those before

std::string our_id_of(const boost::json::object& record) {
    return base::find_string(record, "externalEntitlementId").value_or("");
}

std::string id_of(const boost::json::object& record) {
    return base::find_string(record, "entitlementId").value_or("");
}

base::Monotonic some_time(Dice& dice, base::Monotonic begins, base::Monotonic ends) {
    return begins + dice.between(base::Duration{}, ends - begins);
}

}  // namespace

Movers::Movers(MoversGround ground, std::uint64_t seed)
    : ground_{std::move(ground)}, products_{seed, kUseOfProducts} {}

void Movers::plan(std::size_t rights, base::Monotonic ends) {
    // Never of some: what becomes of those is as their operator wants it.
    const auto of = rights / 2 + 1;
    const auto count = ground_.dice.below(rights + 2);
    for (std::size_t i = 0; i < count; ++i) {
        ground_.timeline.at(some_time(ground_.dice, ground_.timeline.now(), ends), kWorld,
                            [this, of](bool) { move_one(of); });
    }
}

void Movers::move_one(std::size_t of) {
    const auto record = some_record(of);
    move(id_of(record), our_id_of(record));
}

void Movers::move(const std::string& id, const std::string& our_id) {
    using sandbox::Move;
    constexpr std::array kMoves{Move::activate, Move::activate, Move::activate, Move::cancel,
                                Move::suspend,  Move::resume,   Move::revoke,   Move::end};
    const auto chosen = ground_.dice.pick(kMoves);
    if (!ground_.partner.make_move(id, chosen, {}, ground_.partner_time())) return;
    ++moves_;
    moved_.insert(our_id);
    ground_.trace.say(ground_.timeline.now(), "partner moves {}: {}", id, sandbox::to_text(chosen));
    ground_.moved();
    // Often not once alone, so that a report comes while something is done about the last.
    if (!ground_.dice.chance(0.4)) return;
    const auto pause =
        ground_.dice.log_between(std::chrono::milliseconds{5}, std::chrono::seconds{2});
    ground_.timeline.after(pause, kWorld, [this, id, our_id](bool) { move(id, our_id); });
}

void Movers::plan_products(std::size_t rights, base::Monotonic ends, bool silently) {
    if (!products_.chance(0.3)) return;
    const auto count = 1 + products_.below(rights + 1);
    for (std::size_t i = 0; i < count; ++i) {
        ground_.timeline.at(some_time(products_, ground_.timeline.now(), ends), kWorld,
                            [this, silently](bool) { move_product(silently); });
    }
}

void Movers::move_product(bool silently) {
    constexpr std::string_view kNeedsCustomer = "MUSIC";
    constexpr std::array<std::string_view, 4> kTaken{kNeedsCustomer, "MUSIC_PREMIUM",
                                                     "MUSIC_MONTHLY", kOthersProduct};
    const auto product = products_.pick(kTaken);
    if (!silently && product == kNeedsCustomer) return;
    const auto records = ground_.partner.entitlements();
    if (records.empty()) return;
    const auto& record = records.at(products_.below(records.size())).as_object();
    if (base::find_string(record, "productKey") == product) return;
    const auto change = sandbox::Move::change_product;
    const auto id = id_of(record);
    if (!ground_.partner.make_move(id, change, product, ground_.partner_time())) return;
    ++product_moves_;
    if (product == kNeedsCustomer) moved_.insert(our_id_of(record));  // its status moves as well
    other_product_.insert(domain::EntitlementId{our_id_of(record)});
    ground_.trace.say(ground_.timeline.now(), "partner moves {} to {}", id, product);
    ground_.moved();
}

boost::json::object Movers::some_record(std::size_t of) {
    const auto& offer = ground_.stage.offers().at(ground_.dice.below(of));
    const auto& tenant = ground_.stage.operators().at(offer.by).tenant;
    const auto records =
        ground_.partner.entitlements(fmt::format("{}-{}", tenant.text(), offer.account));
    for (const auto& record : records) {
        const auto product = base::find_string(record.as_object(), "productKey");
        if (product == offer.product) return record.as_object();
    }
    return {};
}

}  // namespace usher::simulate
