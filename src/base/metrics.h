// Counters, gauges and histograms in Prometheus' text form. Thread-safe. Names and help texts are
// given once, at the place that counts.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace usher::base {

using Labels = std::map<std::string, std::string>;

class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // The references live as long as this object; asking again for the same name and labels gives
    // the same one. Labels must come from a closed set, never from what a caller sent.
    prometheus::Counter& counter(const std::string& name, const std::string& help,
                                 const Labels& labels = {});
    prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                             const Labels& labels = {});
    prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                     const std::vector<double>& bounds, const Labels& labels = {});

    std::string text() const;

  private:
    std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace usher::base
