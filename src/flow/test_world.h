// A small world for the tests of flow: one thread, and everything around flow in the hands of the
// test.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/random.h"
#include "flow/fake_partner.h"
#include "flow/fake_propagator.h"
#include "flow/fake_store.h"
#include "flow/hand_clock.h"
#include "flow/ports.h"

namespace usher::flow::test {

struct World {
    explicit World(std::uint64_t seed = 1) : random{base::make_seeded_random(seed)} {
        propagator.ports = &ports;
        store.accounts[kAccount] = {.tenant = kTenant, .id = kAccount};
        store.products[kProduct] = {.tenant = kTenant,
                                    .id = kProduct,
                                    .merchant = kMerchant,
                                    .product_key = domain::ProductKey{"MUSIC"}};
    }
    ~World() { drain(); }
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    boost::asio::io_context io;
    HandClock clock;
    FakeStore store{clock};
    FakePartner partner;
    FakePropagator propagator{io, clock};
    std::unique_ptr<base::Random> random;
    Ports ports{store, partner, propagator, clock, *random, {}};

    // Time passes only while nothing else can happen.
    template <class T>
    T run(base::Task<T> task) {
        std::optional<T> result;
        boost::asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& error, T value) {
            if (error) std::rethrow_exception(error);
            result.emplace(std::move(value));
        });
        while (!result) {
            io.restart();
            if (io.poll() == 0 && !clock.pass_to_next()) throw std::runtime_error{"stuck"};
        }
        return std::move(*result);
    }

    // Everything that is out ends.
    void drain() {
        do {
            io.restart();
            io.poll();
        } while (clock.pass_to_next());
    }

    // An entitlement that both sides agree on.
    domain::Entitlement& hold(domain::EntitlementStatus status,
                              const domain::EntitlementId& id = kEntitlement) {
        domain::Entitlement row{.tenant = kTenant,
                                .id = id,
                                .account = kAccount,
                                .product = kProduct,
                                .merchant = kMerchant,
                                .product_key = domain::ProductKey{"MUSIC"},
                                .customer = partner.customer_of(kTenant, kAccount, kMerchant),
                                .partner_id = domain::PartnerEntitlementId{"b-" + id.text()}};
        row.convergence.status = status;
        row.convergence.partner_status = domain::meaning(status);
        row.convergence.bound = true;
        row.version = 1;
        row.request = 1;
        return store.rows[{kTenant, id}] = row;
    }
};

}  // namespace usher::flow::test
