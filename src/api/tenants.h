// Which tenants there are: those of the settings, and those that were added while Usher runs
// (flow/tenant_book.h). Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "api/options.h"
#include "flow/tenant_book.h"

namespace usher::api {

class Tenants {
  public:
    using Tenant = std::shared_ptr<const TenantOptions>;

    Tenants(std::vector<TenantOptions> settled, std::shared_ptr<const flow::TenantBook> book);

    // Null when there is none.
    Tenant named(std::string_view id) const;
    Tenant default_one() const;

    // Of the settings.
    const std::vector<Tenant>& settled() const { return settled_; }
    bool is_settled(const domain::TenantId& id) const;
    std::size_t count() const;

  private:
    struct Added {
        flow::TenantBook::Tenants from;
        std::vector<Tenant> tenants;
    };

    std::shared_ptr<const Added> added() const;
    Tenant from_book(const flow::SubTenant& tenant) const;

    std::vector<Tenant> settled_;
    std::shared_ptr<const flow::TenantBook> book_;
    mutable std::mutex mutex_;
    mutable std::shared_ptr<const Added> added_;
};

// "A", "B", "C".
std::string_view to_text(Edition edition);
std::optional<Edition> parse_edition(std::string_view text);

}  // namespace usher::api
