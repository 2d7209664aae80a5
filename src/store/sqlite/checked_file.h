// Makes SQLite keep and check the checksums: a layer over its own file system that seals each page
// of a main file as it is written and refuses one that is not sound as it is read, with
// SQLITE_IOERR_DATA. All else (log, shared memory, locks) goes to the layer below untouched.
// The log needs no seal here: SQLite has checksums of its own there.
#pragma once

namespace usher::store::sqlite {

// The name to open a database with. Registers it at the first call; thread-safe.
const char* checked_file_system();

}  // namespace usher::store::sqlite
