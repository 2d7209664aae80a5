#include "api/tenants.h"

#include <algorithm>
#include <utility>

namespace usher::api {

namespace {

Tenants::Tenant find(const std::vector<Tenants::Tenant>& tenants, std::string_view id) {
    const auto found = std::ranges::find_if(
        tenants, [id](const Tenants::Tenant& tenant) { return tenant->id.text() == id; });
    return found == tenants.end() ? nullptr : *found;
}

}  // namespace

Tenants::Tenants(std::vector<TenantOptions> settled, std::shared_ptr<const flow::TenantBook> book)
    : book_{std::move(book)} {
    for (auto& tenant : settled) {
        settled_.push_back(std::make_shared<const TenantOptions>(std::move(tenant)));
    }
}

Tenants::Tenant Tenants::named(std::string_view id) const {
    if (auto found = find(settled_, id)) return found;
    return find(added()->tenants, id);
}

Tenants::Tenant Tenants::default_one() const {
    const auto found =
        std::ranges::find_if(settled_, [](const Tenant& tenant) { return tenant->is_default; });
    return found == settled_.end() ? nullptr : *found;
}

bool Tenants::is_settled(const domain::TenantId& id) const {
    return find(settled_, id.text()) != nullptr;
}

std::size_t Tenants::count() const {
    return settled_.size() + added()->tenants.size();
}

// Made anew only when the book has changed.
std::shared_ptr<const Tenants::Added> Tenants::added() const {
    auto all = book_->all();
    const std::lock_guard lock{mutex_};
    if (added_ && added_->from == all) return added_;
    auto made = std::make_shared<Added>();
    for (const auto& tenant : *all) made->tenants.push_back(from_book(tenant));
    made->from = std::move(all);
    added_ = std::move(made);
    return added_;
}

// The partner reports for it as it does for its primary one.
Tenants::Tenant Tenants::from_book(const flow::SubTenant& tenant) const {
    const auto primary = find(settled_, tenant.primary.text());
    return std::make_shared<const TenantOptions>(TenantOptions{
        .id = tenant.id,
        .enabled = tenant.enabled,
        .edition = parse_edition(tenant.settings.edition).value_or(Edition::a),
        .strict_reasons = tenant.settings.strict_reasons,
        .suspend_with_account = tenant.settings.suspend_with_account,
        .wait = std::chrono::duration_cast<std::chrono::milliseconds>(tenant.settings.wait),
        .requests_per_second = primary ? primary->requests_per_second : 0,
        .freshness = std::chrono::duration_cast<std::chrono::seconds>(tenant.freshness),
        .reports = primary ? primary->reports : PartnerCredentials{},
        .primary = tenant.primary});
}

std::string_view to_text(Edition edition) {
    switch (edition) {
        case Edition::a:
            return "A";
        case Edition::b:
            return "B";
        case Edition::c:
            return "C";
    }
    return "";
}

std::optional<Edition> parse_edition(std::string_view text) {
    for (const auto edition : {Edition::a, Edition::b, Edition::c}) {
        if (to_text(edition) == text) return edition;
    }
    return std::nullopt;
}

}  // namespace usher::api
