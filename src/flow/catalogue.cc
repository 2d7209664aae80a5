#include "flow/catalogue.h"

#include <functional>
#include <utility>
#include <variant>

#include "base/random.h"

namespace usher::flow {

namespace {

using ProductPut = std::variant<domain::Product, Failure>;
using AccountAdded = std::variant<domain::Account, Failure>;

std::pair<Writes, ProductPut> decide_product(const PutProduct& request, const domain::ProductId& id,
                                             const Rows& rows) {
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
    if (rows.product && rows.product->name == product.name) return {Writes{}, *rows.product};
    return {Writes{.product = product}, product};
}

std::pair<Writes, AccountAdded> decide_account(const AddAccount& request,
                                               const domain::AccountId& id, const Rows& rows) {
    if (rows.account) {
        const bool same = rows.account->status == request.status && !rows.account->deleted_at;
        if (same) return {Writes{}, *rows.account};
        return {Writes{}, fail(FailureKind::id_taken)};
    }
    const domain::Account account{.tenant = request.tenant,
                                  .id = id,
                                  .status = request.status,
                                  .created = rows.now,
                                  .modified = rows.now};
    return {Writes{.account = account}, account};
}

// One transaction is all: what it decided is the answer.
template <class T, class Decide>
base::Task<std::expected<T, Failure>> in_one_go(Ports& ports, Wanted wanted,
                                                std::optional<Once<T>> once, Decide decide) {
    using Answered = std::variant<T, Failure>;
    wanted.idempotency = key_of(once);
    auto decided = co_await decide_in<Answered>(
        ports.store, std::move(wanted),
        [once = std::move(once), decide = std::move(decide)](const Rows& rows) {
            return decide_once<T, T>(once, rows, [&] { return decide(rows); }, std::identity{});
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    co_return std::get<T>(std::move(*decided));
}

}  // namespace

base::Task<std::expected<domain::Product, Failure>> put_product(Ports& ports, PutProduct request) {
    const domain::ProductId id{request.merchant.text() + "_" + request.product_key.text()};
    const Wanted wanted{.tenant = request.tenant, .product = id};
    co_return co_await in_one_go<domain::Product>(
        ports, wanted, request.once,
        [request, id](const Rows& rows) { return decide_product(request, id, rows); });
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
    const Wanted wanted{.tenant = request.tenant, .account = id};
    co_return co_await in_one_go<domain::Account>(
        ports, wanted, request.once,
        [request, id](const Rows& rows) { return decide_account(request, id, rows); });
}

}  // namespace usher::flow
