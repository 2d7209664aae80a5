#include "flow/pinning.h"

#include <algorithm>
#include <utility>

namespace usher::flow {

namespace {

base::Task<StoreResult<bool>> write(Ports& ports, const ActionPin& pin) {
    co_return co_await decide_in<bool>(ports.store, {.tenant = pin.tenant}, [pin](const Rows&) {
        return std::pair{Writes{.pin = pin}, true};
    });
}

base::Task<> tell_pins(Ports& ports) {
    auto in_force = co_await ports.store.pins();
    if (!in_force) co_return;  // read again before long
    ports.propagator.hear_of_pins(std::move(*in_force));
    ports.propagator.wake();
}

bool same_scope(const ActionPin& pin, const LiftPin& lift) {
    return pin.tenant == lift.tenant && pin.merchant == lift.merchant &&
           pin.product == lift.product && pin.action == lift.action;
}

// Writes only; the caller tells.
base::Task<StoreResult<std::size_t>> lift_all(Ports& ports, const LiftPin& lift) {
    const auto in_force = co_await ports.store.pins();
    if (!in_force) co_return std::unexpected{in_force.error()};
    std::size_t lifted = 0;
    for (auto pin : *in_force) {
        if (!same_scope(pin, lift)) continue;
        pin.lifted = ports.clock.now();
        pin.lifted_by = lift.by;
        pin.lifted_why = lift.why;
        const auto done = co_await write(ports, pin);
        if (!done) co_return std::unexpected{done.error()};
        ++lifted;
    }
    co_return lifted;
}

}  // namespace

base::Task<StoreResult<ActionPin>> place_pin(Ports& ports, ActionPin pin) {
    const LiftPin scope{.tenant = pin.tenant,
                        .merchant = pin.merchant,
                        .product = pin.product,
                        .action = pin.action,
                        .by = pin.by,
                        .why = pin.why};
    const auto in_force = co_await ports.store.pins();
    if (!in_force) co_return std::unexpected{in_force.error()};
    const auto there = std::ranges::find_if(*in_force, [&](const ActionPin& other) {
        return same_scope(other, scope) && other.supported == pin.supported;
    });
    if (there != in_force->end()) co_return *there;
    const auto lifted = co_await lift_all(ports, scope);
    if (!lifted) co_return std::unexpected{lifted.error()};
    pin.since = ports.clock.now();
    const auto done = co_await write(ports, pin);
    // Told in any case: the one before may be lifted already.
    co_await tell_pins(ports);
    if (!done) co_return std::unexpected{done.error()};
    co_return pin;
}

base::Task<StoreResult<std::size_t>> lift_pin(Ports& ports, LiftPin lift) {
    const auto lifted = co_await lift_all(ports, lift);
    co_await tell_pins(ports);
    co_return lifted;
}

}  // namespace usher::flow
