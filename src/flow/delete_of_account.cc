#include "flow/delete_of_account.h"

#include "flow/listing.h"
#include "flow/update_status.h"

namespace usher::flow {

namespace {

constexpr std::size_t kAtOnce = 200;
constexpr std::size_t kMostTried = 1000;

// What would be, row by row.
base::Task<std::expected<DeletedOfAccount, Failure>> try_deletion(Ports& ports,
                                                                  const DeleteOfAccount& request) {
    const auto page =
        co_await ports.store.list(page_of_account(request.tenant, request.account, {}, kMostTried));
    if (!page) co_return std::unexpected{fail(page.error())};
    DeletedOfAccount done;
    Tried tried;
    for (const auto& row : page->rows) {
        auto one = co_await try_update(ports, {.tenant = request.tenant,
                                               .entitlement = row.id,
                                               .deletes = true,
                                               .asker = request.asker});
        if (!one && one.error().kind == FailureKind::store) co_return std::unexpected{one.error()};
        if (!one) {
            done.kept.emplace_back(row.id, one.error());
            continue;
        }
        ++done.deleted;
        done.all_confirmed = false;
        add(tried, std::move(*one));
    }
    tried.answer = request.once->render(done).text;
    tried.changes = done.deleted > 0;
    auto failure = fail(FailureKind::only_tried);
    failure.tried = std::make_shared<const Tried>(std::move(tried));
    co_return std::unexpected{std::move(failure)};
}

}  // namespace

base::Task<std::expected<DeletedOfAccount, Failure>> delete_of_account(Ports& ports,
                                                                       DeleteOfAccount request) {
    if (request.once && request.once->tries) co_return co_await try_deletion(ports, request);
    if (request.once) {
        const auto taken = co_await take_key(ports, *request.once);
        if (!taken) co_return std::unexpected{taken.error()};
    }
    DeletedOfAccount done;
    domain::EntitlementId last;
    while (true) {
        const auto page = co_await ports.store.list(
            page_of_account(request.tenant, request.account, last, kAtOnce));
        if (!page) co_return std::unexpected{fail(page.error())};
        for (const auto& row : page->rows) {
            last = row.id;
            const auto deleted = co_await update_status(ports, {.tenant = request.tenant,
                                                                .entitlement = row.id,
                                                                .deletes = true,
                                                                .asker = request.asker});
            if (deleted) {
                ++done.deleted;
                if (deleted->propagated == Propagated::pending) done.all_confirmed = false;
            } else if (deleted.error().kind == FailureKind::store) {
                co_return std::unexpected{deleted.error()};
            } else if (deleted.error().kind != FailureKind::entitlement_unknown) {
                done.kept.emplace_back(row.id, deleted.error());
            }
        }
        if (page->rows.size() < kAtOnce) co_return done;
    }
}

}  // namespace usher::flow
