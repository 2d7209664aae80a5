#include "flow/catalogue.h"

#include <utility>
#include <variant>

#include "base/random.h"

namespace usher::flow {

base::Task<std::expected<domain::Product, Failure>> put_product(Ports& ports, PutProduct request) {
    const domain::ProductId id{request.merchant.text() + "_" + request.product_key.text()};
    using Decided = std::variant<domain::Product, Failure>;
    auto decided = co_await decide_in<Decided>(
        ports.store, {.tenant = request.tenant, .product = id},
        [request, id](const Rows& rows) -> std::pair<Writes, Decided> {
            domain::Product product{.tenant = request.tenant,
                                    .id = id,
                                    .name = request.name,
                                    .merchant = request.merchant,
                                    .product_key = request.product_key,
                                    .created = rows.product ? rows.product->created : rows.now,
                                    .modified = rows.now};
            // "a_b" + "c" and "a" + "b_c" would make the same id for two different products.
            const bool same = !rows.product || (rows.product->merchant == product.merchant &&
                                                rows.product->product_key == product.product_key);
            if (!same) return {Writes{}, fail(FailureKind::product_in_use)};
            return {Writes{.product = product}, product};
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    co_return std::get<domain::Product>(std::move(*decided));
}

base::Task<std::expected<std::vector<domain::Product>, Failure>> list_products(
    Ports& ports, domain::TenantId tenant, domain::ProductId after, std::size_t limit) {
    auto found = co_await ports.store.products_after(std::move(tenant), std::move(after), limit);
    if (!found) co_return std::unexpected{fail(found.error())};
    co_return std::move(*found);
}

base::Task<std::expected<domain::Product, Failure>> read_product(Ports& ports,
                                                                 domain::TenantId tenant,
                                                                 domain::ProductId id) {
    auto found = co_await ports.store.find_product(std::move(tenant), std::move(id));
    if (!found) co_return std::unexpected{fail(found.error())};
    if (!*found) co_return std::unexpected{fail(FailureKind::product_not_there)};
    co_return std::move(**found);
}

base::Task<std::expected<domain::Account, Failure>> add_account(Ports& ports, AddAccount request) {
    const auto id = request.id.value_or(
        domain::AccountId{base::make_object_id(ports.random, ports.clock.now())});
    using Decided = std::variant<domain::Account, Failure>;
    auto decided = co_await decide_in<Decided>(
        ports.store, {.tenant = request.tenant, .account = id},
        [request, id](const Rows& rows) -> std::pair<Writes, Decided> {
            if (rows.account) {
                if (rows.account->status == request.status && !rows.account->deleted_at)
                    return {Writes{}, *rows.account};
                return {Writes{}, fail(FailureKind::id_taken)};
            }
            const domain::Account account{.tenant = request.tenant,
                                          .id = id,
                                          .status = request.status,
                                          .created = rows.now,
                                          .modified = rows.now};
            return {Writes{.account = account}, account};
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    co_return std::get<domain::Account>(std::move(*decided));
}

}  // namespace usher::flow
