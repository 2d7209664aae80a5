#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace usher::base {
namespace {

using testing::HasSubstr;

TEST(Metrics, GivesTheSameOneForTheSameNameAndLabels) {
    Metrics metrics;
    auto& one = metrics.counter("asked_total", "How often", {{"who", "a"}});
    EXPECT_EQ(&one, &metrics.counter("asked_total", "How often", {{"who", "a"}}));
    EXPECT_NE(&one, &metrics.counter("asked_total", "How often", {{"who", "b"}}));
    one.Increment();
    metrics.counter("asked_total", "How often", {{"who", "a"}}).Increment(2);
    const auto text = metrics.text();
    EXPECT_THAT(text, HasSubstr("# HELP asked_total How often\n# TYPE asked_total counter\n"));
    EXPECT_THAT(text, HasSubstr("asked_total{who=\"a\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("asked_total{who=\"b\"} 0\n"));
}

TEST(Metrics, HasGaugesAndHistograms) {
    Metrics metrics;
    metrics.gauge("waiting", "Now").Set(4);
    auto& took = metrics.histogram("took_seconds", "How long", {0.1, 1.0});
    EXPECT_EQ(&took, &metrics.histogram("took_seconds", "How long", {0.1, 1.0}));
    took.Observe(0.5);
    const auto text = metrics.text();
    EXPECT_THAT(text, HasSubstr("waiting 4\n"));
    EXPECT_THAT(text, HasSubstr("took_seconds_bucket{le=\"0.1\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("took_seconds_bucket{le=\"1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("took_seconds_count 1\n"));
}

TEST(Metrics, EscapesLabels) {
    Metrics metrics;
    metrics.counter("asked_total", "How often", {{"who", "a\"b\n"}}).Increment();
    EXPECT_THAT(metrics.text(), HasSubstr("asked_total{who=\"a\\\"b\\n\"} 1\n"));
}

}  // namespace
}  // namespace usher::base
