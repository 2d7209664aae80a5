// Between stored values and columns. Reading gives false when a column is not what it must be: the
// row is damaged.
#pragma once

#include <cstdint>

#include "domain/entitlement.h"
#include "flow/bulk_row.h"
#include "flow/comparison.h"
#include "flow/kept_answer.h"
#include "flow/kept_report.h"
#include "flow/sub_tenant.h"
#include "flow/watch_over.h"
#include "store/sqlite/connection.h"

namespace usher::store::sqlite {

// Parameters of kInsertEntitlement, kUpdateIdentity and kUpdateEntitlement.
void bind_new(Cursor& cursor, const domain::Entitlement& row);
void bind_identity(Cursor& cursor, const domain::Entitlement& row);
void bind_state(Cursor& cursor, const domain::Entitlement& row);
bool same_identity(const domain::Entitlement& a, const domain::Entitlement& b);

// Without its calls; `unsettled_from` is the number of the first one, 0 when there is none.
bool read_row(const Cursor& cursor, domain::Entitlement& row, std::uint32_t& unsettled_from);

void bind_row(Cursor& cursor, const domain::Entitlement& of, const domain::Call& call);
bool read_row(const Cursor& cursor, domain::Call& call);

void bind_row(Cursor& cursor, const domain::Event& event);
bool read_row(const Cursor& cursor, domain::Event& event);

void bind_row(Cursor& cursor, const domain::Product& product);
bool read_row(const Cursor& cursor, domain::Product& product);

void bind_row(Cursor& cursor, const domain::Account& account);
bool read_row(const Cursor& cursor, domain::Account& account);

void bind_row(Cursor& cursor, const flow::Sweep& sweep);
bool read_row(const Cursor& cursor, flow::Sweep& sweep);

bool read_row(const Cursor& cursor, flow::SweepStop& stop);

bool read_row(const Cursor& cursor, flow::Unsettled& unsettled);

void bind_row(Cursor& cursor, const flow::Hold& hold);
bool read_row(const Cursor& cursor, flow::Hold& hold);

void bind_row(Cursor& cursor, const flow::KeptReport& report);
bool read_row(const Cursor& cursor, flow::KeptReport& report);
void bind_row(Cursor& cursor, const flow::SubTenant& tenant);
bool read_row(const Cursor& cursor, flow::SubTenant& tenant);
void bind_row(Cursor& cursor, const flow::Bulk& bulk);
bool read_row(const Cursor& cursor, flow::Bulk& bulk);
void bind_row(Cursor& cursor, const flow::TenantChange& change);
bool read_row(const Cursor& cursor, flow::TenantChange& change);
void bind_row(Cursor& cursor, const flow::KeptAnswer& kept);
bool read_row(const Cursor& cursor, flow::KeptAnswer& kept);

bool read_row(const Cursor& cursor, flow::ReportMark& mark);
void bind_row(Cursor& cursor, const flow::Comparison& line);
bool read_row(const Cursor& cursor, flow::Comparison& line);
void bind_row(Cursor& cursor, const flow::ActionPin& pin);
bool read_row(const Cursor& cursor, flow::ActionPin& pin);

// One entitlement of a backlog.
struct Waiting {
    domain::Problem problem = domain::Problem::none;
    base::Time due_at;
    std::optional<base::Time> lease_until;
    base::Time since;
};
bool read_row(const Cursor& cursor, Waiting& waiting);

}  // namespace usher::store::sqlite
