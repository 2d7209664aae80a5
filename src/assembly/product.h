// The product, put together out of its rooms in one readable function. The server stands sockets,
// threads and the system's clock around it; a simulation its own.
#pragma once

#include <memory>

#include "api/operations.h"
#include "api/options.h"
#include "api/surfaces.h"
#include "auth/authenticator.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "converge/converger.h"
#include "flow/store.h"
#include "http/client.h"
#include "http/message.h"
#include "partner/bango/client.h"

namespace usher::assembly {

struct Options {
    auth::AuthenticatorOptions auth;
    api::Options api;
    partner::bango::BangoOptions bango;
    converge::ConvergerOptions converge;
};

// What the product stands on. All must outlive it.
struct Ground {
    base::Clock& clock;
    base::Random& random;
    base::Metrics& metrics;
    flow::Store& store;
    http::Client& client;
    base::Executor executor;  // where the loop runs and the issuer's keys are fetched
};

// Members in the order of construction; destroyed in reverse. Destroy it only when no handler runs
// and the loop has stopped.
struct Product {
    std::unique_ptr<partner::bango::BangoPartner> partner;
    std::unique_ptr<converge::Converger> converger;
    std::unique_ptr<auth::Authenticator> authenticator;
    std::unique_ptr<api::Operations> operations;
    http::Handler operator_handler;
    http::Handler report_handler;  // empty unless reports are apart
    http::Handler admin_handler;
    http::RenderError render_error;
};

std::unique_ptr<Product> make_product(const Ground& ground, Options options);

}  // namespace usher::assembly
