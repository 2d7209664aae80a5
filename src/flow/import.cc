#include "flow/import.h"

#include <utility>
#include <variant>

#include "flow/recording.h"

namespace usher::flow {

namespace {

using domain::Account;
using domain::Entitlement;
using ImportDecided = std::variant<Imported, Failure>;

bool is_the_same(const Import& request, const Entitlement& row) {
    return row.account == request.account && row.product == request.product &&
           row.partner_id == request.partner_id && !row.deleted_at;
}

// It came from a file too, and the partner has never said anything of it: the file was wrong.
bool corrects(const Import& request, const Entitlement& row) {
    return row.account == request.account && row.product == request.product && !row.deleted_at &&
           !row.partner_said_at && row.convergence.bound && row.convergence.last_call == 0;
}

std::optional<Failure> check_rows(const Import& request, const domain::MerchantId& merchant,
                                  const Rows& rows) {
    const bool is_correction = rows.entitlement && corrects(request, *rows.entitlement);
    if (rows.entitlement && !is_correction) return fail(FailureKind::id_taken);
    // The partner is being asked about the id of before.
    if (is_correction && rows.entitlement->claim.lease_until) return fail(StoreError::contended);
    if (!rows.product) return fail(FailureKind::product_unknown);
    // It was another merchant's when its id was looked up.
    if (rows.product->merchant != merchant) return fail(StoreError::contended);
    if (rows.account && rows.account->deleted_at) return fail(FailureKind::account_unknown);
    if (rows.account && rows.account->status == domain::AccountStatus::cancelled) {
        return fail(FailureKind::account_not_active);
    }
    if (rows.occupant && !is_correction) {
        auto failure = fail(FailureKind::already_entitled);
        failure.existing = rows.occupant->id;
        failure.status = rows.occupant->convergence.status;
        return failure;
    }
    const auto holder = rows.holders.find({merchant, request.partner_id});
    if (holder == rows.holders.end()) return std::nullopt;
    auto failure = fail(FailureKind::partner_id_taken);
    if (holder->second.first == request.tenant) failure.existing = holder->second.second;
    return failure;
}

Entitlement make_row(const Import& request, const Partner& partner, const Rows& rows) {
    const auto& merchant = rows.product->merchant;
    Entitlement row{.tenant = request.tenant,
                    .id = request.entitlement,
                    .account = request.account,
                    .product = request.product,
                    .merchant = merchant,
                    .product_key = rows.product->product_key,
                    .customer = request.customer.value_or(
                        partner.customer_of(request.tenant, request.account, merchant)),
                    .partner_id = request.partner_id};
    row.convergence.status = request.status;
    row.convergence.partner_status = domain::PartnerStatus::unknown;
    row.convergence.bound = true;
    row.valid_from = request.valid_from;
    row.expiry_date = request.expiry_date;
    row.created = request.created.value_or(rows.now);
    row.asker = request.asker;
    row.request = 1;
    return row;
}

// What the file says, in the record that is there.
Entitlement corrected(const Entitlement& row, Entitlement said) {
    said.version = row.version;
    said.last_position = row.last_position;
    said.claim = row.claim;
    said.hints = row.hints;
    return said;
}

// A correction says what the record had before.
Recording record(Entitlement said, const Rows& rows) {
    const auto after = said.convergence;
    const auto before = rows.entitlement ? rows.entitlement->convergence : after;
    if (rows.entitlement) said = corrected(*rows.entitlement, std::move(said));
    Recording recording{std::move(said), rows.now};
    recording.take({.after = after,
                    .change = domain::Change{.kind = domain::ChangeKind::imported,
                                             .status_from = before.status,
                                             .status_to = after.status,
                                             .partner_from = before.partner_status,
                                             .partner_to = after.partner_status}},
                   domain::Initiator::op);
    return recording;
}

std::pair<Writes, ImportDecided> decide_import(const Import& request,
                                               const domain::MerchantId& merchant,
                                               const Partner& partner, const Rows& rows) {
    if (rows.entitlement && is_the_same(request, *rows.entitlement)) {
        return {Writes{}, Imported{.entitlement = *rows.entitlement}};
    }
    if (const auto failure = check_rows(request, merchant, rows)) return {Writes{}, *failure};
    auto recording = record(make_row(request, partner, rows), rows);
    recording.want_read(rows.now);
    auto writes = std::move(recording).finish();
    Imported imported{
        .entitlement = *writes.entitlement, .is_new = true, .account_is_new = !rows.account};
    if (request.only_looks) return {Writes{}, std::move(imported)};
    if (!rows.account) {
        writes.account = Account{.tenant = request.tenant,
                                 .id = request.account,
                                 .created = rows.now,
                                 .modified = rows.now};
    }
    return {std::move(writes), std::move(imported)};
}

}  // namespace

base::Task<std::expected<Imported, Failure>> import_entitlement(Ports& ports, Import request) {
    const auto product = co_await ports.store.find_product(request.tenant, request.product);
    if (!product) co_return std::unexpected{fail(product.error())};
    if (!*product) co_return std::unexpected{fail(FailureKind::product_unknown)};
    const auto merchant = (*product)->merchant;
    auto decided = co_await decide_in<ImportDecided>(
        ports.store,
        {.tenant = request.tenant,
         .entitlement = request.entitlement,
         .account = request.account,
         .product = request.product,
         .occupant = true,
         .partner_keys = {{merchant, request.partner_id}}},
        [request, merchant, partner = &ports.partner](const Rows& rows) {
            return decide_import(request, merchant, *partner, rows);
        });
    if (!decided) co_return std::unexpected{fail(decided.error())};
    if (const auto* failure = std::get_if<Failure>(&*decided)) co_return std::unexpected{*failure};
    auto imported = std::get<Imported>(std::move(*decided));
    if (imported.is_new && !request.only_looks) ports.propagator.wake();
    co_return imported;
}

}  // namespace usher::flow
