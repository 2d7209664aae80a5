// The holds that are in force, as this process knows them. Until it does, nothing is sent.
// Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "flow/store.h"
#include "flow/watch_over.h"

namespace usher::converge {

class Holds {
  public:
    void set(std::vector<flow::Hold> in_force);
    // In force here from now on, whether or not it is written down yet.
    void add(flow::Hold hold);

    bool is_known() const;
    bool is_paused(const flow::Route& route) const;
    std::optional<flow::Hold> pause_of(const flow::Route& route) const;
    // Each as it was placed: an empty name stands for all.
    std::vector<flow::Route> paused() const;

    // What was asked up to then is not sent; nothing: everything is.
    std::optional<base::Time> unsent_until(const flow::Route& route) const;
    bool takes_endings(const domain::TenantId& tenant) const;

  private:
    mutable std::mutex mutex_;
    std::optional<std::vector<flow::Hold>> in_force_;
};

}  // namespace usher::converge
