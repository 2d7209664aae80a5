#include "store/sqlite/checked_file.h"

#include <array>
#include <cstring>
#include <new>
#include <string_view>

#include <sqlite3.h>

#include "base/log.h"
#include "store/sqlite/page.h"

namespace usher::store::sqlite {

namespace {

constexpr sqlite3_int64 kPeekBytes = 100;

// A main file; the file below stands behind it in the same memory.
struct File {
    sqlite3_file base;
    const char* name;  // kept alive by SQLite as long as the file is open

    sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* file_of(sqlite3_file* file) {
    return reinterpret_cast<File*>(file);
}

sqlite3_file* below(sqlite3_file* file) {
    return file_of(file)->below();
}

sqlite3_vfs* vfs_below(sqlite3_vfs* vfs) {
    return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

bool is_page(int size, sqlite3_int64 offset) {
    return size == static_cast<int>(kPageBytes) &&
           offset % static_cast<sqlite3_int64>(kPageBytes) == 0;
}

std::uint32_t number_at(sqlite3_int64 offset) {
    return static_cast<std::uint32_t>(offset / static_cast<sqlite3_int64>(kPageBytes)) + 1;
}

int refuse(sqlite3_file* file, sqlite3_int64 offset, std::string_view problem) {
    base::log(base::LogLevel::error, "store_page_damaged",
              {{"file", file_of(file)->name}, {"page", number_at(offset)}, {"problem", problem}});
    return SQLITE_IOERR_DATA;
}

// A page that ends beyond the file's end, which no whole file has.
int judge_short_read(sqlite3_file* file, sqlite3_int64 offset) {
    sqlite3_int64 size = 0;
    const int code = below(file)->pMethods->xFileSize(below(file), &size);
    if (code != SQLITE_OK) return code;
    if (size > offset) return refuse(file, offset, "the file ends inside it");
    return SQLITE_IOERR_SHORT_READ;
}

int read_page(sqlite3_file* file, Page page, sqlite3_int64 offset) {
    const int code = below(file)->pMethods->xRead(below(file), page.data(),
                                                  static_cast<int>(page.size()), offset);
    if (code == SQLITE_IOERR_SHORT_READ) return judge_short_read(file, offset);
    if (code != SQLITE_OK) return code;
    const auto state = state_of(page, number_at(offset));
    // A page that is unsealed by right was sealed when the store was opened.
    if (state == PageState::damaged || state == PageState::unsealed) {
        return refuse(file, offset, "wrong checksum");
    }
    unseal(page);
    return SQLITE_OK;
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    if (is_page(size, offset)) {
        return read_page(file, Page{static_cast<std::byte*>(to), kPageBytes}, offset);
    }
    // The header, before SQLite knows what else to read: the page may be one that the log mends.
    if (offset + size <= kPeekBytes) {
        return below(file)->pMethods->xRead(below(file), to, size, offset);
    }
    const auto within = offset % static_cast<sqlite3_int64>(kPageBytes);
    if (within + size > static_cast<sqlite3_int64>(kPageBytes)) {
        return refuse(file, offset, "the header has another page size");
    }
    std::array<std::byte, kPageBytes> page;
    const int code = read_page(file, page, offset - within);
    if (code == SQLITE_OK) std::memcpy(to, page.data() + within, static_cast<std::size_t>(size));
    return code;
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    if (!is_page(size, offset)) return refuse(file, offset, "not written as a page");
    std::array<std::byte, kPageBytes> page;
    std::memcpy(page.data(), from, page.size());
    seal(page, number_at(offset));
    return below(file)->pMethods->xWrite(below(file), page.data(), size, offset);
}

int close(sqlite3_file* file) {
    return below(file)->pMethods->xClose(below(file));
}

template <auto Method, class... Arguments>
int forward(sqlite3_file* file, Arguments... arguments) {
    return (below(file)->pMethods->*Method)(below(file), arguments...);
}

void shm_barrier(sqlite3_file* file) {
    below(file)->pMethods->xShmBarrier(below(file));
}

// Version 2: without memory mapping, which would go past the checks.
constexpr sqlite3_io_methods kMethods{
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = forward<&sqlite3_io_methods::xTruncate, sqlite3_int64>,
    .xSync = forward<&sqlite3_io_methods::xSync, int>,
    .xFileSize = forward<&sqlite3_io_methods::xFileSize, sqlite3_int64*>,
    .xLock = forward<&sqlite3_io_methods::xLock, int>,
    .xUnlock = forward<&sqlite3_io_methods::xUnlock, int>,
    .xCheckReservedLock = forward<&sqlite3_io_methods::xCheckReservedLock, int*>,
    .xFileControl = forward<&sqlite3_io_methods::xFileControl, int, void*>,
    .xSectorSize = forward<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = forward<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = forward<&sqlite3_io_methods::xShmMap, int, int, int, void volatile**>,
    .xShmLock = forward<&sqlite3_io_methods::xShmLock, int, int, int>,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = forward<&sqlite3_io_methods::xShmUnmap, int>,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* real = vfs_below(vfs);
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) return real->xOpen(real, name, file, flags, out_flags);
    auto* opened = new (file) File{.base = {.pMethods = nullptr}, .name = name};
    const int code = real->xOpen(real, name, opened->below(), flags, out_flags);
    // SQLite closes what has methods, and nothing else.
    if (opened->below()->pMethods != nullptr) opened->base.pMethods = &kMethods;
    return code;
}

template <auto Method, class... Arguments>
auto pass_on(sqlite3_vfs* vfs, Arguments... arguments) {
    return (vfs_below(vfs)->*Method)(vfs_below(vfs), arguments...);
}

sqlite3_vfs make_vfs() {
    // Else every allocation, by whatever connection, takes one lock to count itself. Too late when
    // somebody else was before us; then it costs time only.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    auto* real = sqlite3_vfs_find(nullptr);
    return {
        .iVersion = 2,
        .szOsFile = real->szOsFile + static_cast<int>(sizeof(File)),
        .mxPathname = real->mxPathname,
        .pNext = nullptr,
        .zName = "usher",
        .pAppData = real,
        .xOpen = open,
        .xDelete = pass_on<&sqlite3_vfs::xDelete, const char*, int>,
        .xAccess = pass_on<&sqlite3_vfs::xAccess, const char*, int, int*>,
        .xFullPathname = pass_on<&sqlite3_vfs::xFullPathname, const char*, int, char*>,
        .xDlOpen = nullptr,  // extensions are never loaded
        .xDlError = nullptr,
        .xDlSym = nullptr,
        .xDlClose = nullptr,
        .xRandomness = pass_on<&sqlite3_vfs::xRandomness, int, char*>,
        .xSleep = pass_on<&sqlite3_vfs::xSleep, int>,
        .xCurrentTime = pass_on<&sqlite3_vfs::xCurrentTime, double*>,
        .xGetLastError = pass_on<&sqlite3_vfs::xGetLastError, int, char*>,
        .xCurrentTimeInt64 = pass_on<&sqlite3_vfs::xCurrentTimeInt64, sqlite3_int64*>,
        .xSetSystemCall = nullptr,
        .xGetSystemCall = nullptr,
        .xNextSystemCall = nullptr,
    };
}

}  // namespace

const char* checked_file_system() {
    static sqlite3_vfs vfs = make_vfs();
    static const int registered = sqlite3_vfs_register(&vfs, 0);
    return registered == SQLITE_OK ? vfs.zName : nullptr;
}

}  // namespace usher::store::sqlite
