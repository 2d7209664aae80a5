// The way of every request through a surface: the same stages in the same order, whatever the
// route. Thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "api/exchange.h"
#include "api/rates.h"
#include "api/request_metrics.h"
#include "api/stages.h"
#include "api/tenants.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "http/message.h"
#include "http/target.h"

namespace usher::api {

// All must outlive the pipeline.
struct PipelinePorts {
    Operations& operations;
    base::Clock& clock;
    base::Random& random;
    base::Metrics& metrics;
    std::shared_ptr<const flow::TenantBook> added = std::make_shared<const flow::TenantBook>();
};

class Pipeline {
  public:
    Pipeline(std::vector<Route> routes, Options options, Authenticate authenticate,
             PipelinePorts ports);

    // Must not be destroyed while a request is on its way.
    base::Task<http::Response> handle(http::Request request);

  private:
    base::Task<http::Response> answer(Exchange& exchange);
    base::Task<Answer> carry_out(Exchange& exchange);
    base::Task<Refused> admit(Exchange& exchange);
    void record(const Exchange& exchange, const http::Response& response, base::Monotonic begun);

    std::vector<Route> routes_;
    Options options_;
    Tenants tenants_;
    Rates rates_;
    Authenticate authenticate_;
    PipelinePorts ports_;
    http::Router router_;
    RequestMetrics request_metrics_;
};

}  // namespace usher::api
