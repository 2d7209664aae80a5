// What is done with a bulk (flow/bulk.h), each as one transaction of its row.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/task.h"
#include "flow/bulk.h"
#include "flow/ports.h"

namespace usher::flow {

// Which one is meant. One that another subject began is as unknown as none.
struct BulkPlace {
    domain::TenantId tenant;
    std::string id;
    std::string subject;
};

struct BeginBulk {
    domain::TenantId tenant;
    domain::Asker asker;
    std::string by;
    std::string file;
    std::string digest;
    std::uint64_t rows = 0;
    std::string token;  // empty: none
};

// With a token, the one that it is of. Without, the subject's run of this file that can be gone on
// with; else a new one.
base::Task<std::expected<Bulk, Failure>> begin_bulk(Ports& ports, BeginBulk request);

struct NoteLook {
    BulkPlace place;
    LookNoted noted;  // without live and token_digest
};
struct Looked {
    Bulk bulk;
    base::Secret token;  // empty until the last row was looked at
};
base::Task<std::expected<Looked, Failure>> note_look(Ports& ports, NoteLook request);

struct StartBulk {
    BulkPlace place;
    std::string token;  // empty: none
    std::string why;
    std::uint32_t percent = 0;
};
base::Task<std::expected<Bulk, Failure>> start_bulk(Ports& ports, StartBulk request);

struct LetRowsThrough {
    BulkPlace place;
    LetThrough rows;
    std::uint32_t percent = 0;
};
base::Task<std::expected<Bulk, Failure>> let_rows_through(Ports& ports, LetRowsThrough request);

struct NoteResults {
    BulkPlace place;
    ResultsNoted noted;
};
base::Task<std::expected<Bulk, Failure>> note_results(Ports& ports, NoteResults request);

// Whoever began it.
base::Task<std::expected<Bulk, Failure>> find_bulk(Ports& ports, domain::TenantId tenant,
                                                   std::string id);

// The tenant's newest, whoever began them.
base::Task<std::expected<std::vector<Bulk>, Failure>> list_bulks(Ports& ports,
                                                                 domain::TenantId tenant,
                                                                 std::size_t limit);

}  // namespace usher::flow
