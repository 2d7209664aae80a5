// SQLite's file system with a Disk in front of it.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include <sqlite3.h>

#include "simulate/disk.h"

namespace usher::simulate {

namespace {

// SQLite's eight locks on a log.
using LockMask = std::uint32_t;

// A file's content in our memory: system calls for it cost a tenth of the time.
class Mapping {
  public:
    static constexpr std::int64_t kBytes = 64LL << 20;  // beyond it the real file is asked

    explicit Mapping(const char* path) {
        const int file = ::open(path, O_RDWR | O_CLOEXEC);
        if (file < 0) return;
        auto* mapped = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        ::close(file);
        if (mapped != MAP_FAILED) bytes_ = static_cast<std::byte*>(mapped);
    }
    ~Mapping() {
        if (bytes_ != nullptr) munmap(bytes_, kBytes);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;

    // Of the file's bytes, which must be there; null when they are not in memory.
    std::byte* at(std::int64_t offset, std::int64_t size) const {
        return bytes_ != nullptr && offset + size <= kBytes ? bytes_ + offset : nullptr;
    }

  private:
    std::byte* bytes_ = nullptr;
};

struct Opened {
    sqlite3_file base;
    Disk* disk;
    Disk::File* file;  // null for what has no name, which is never durable
    Mapping* mapping;
    int lock;
    LockMask shared;
    LockMask exclusive;

    sqlite3_file* below() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

struct FileSystem {
    Disk* disk = nullptr;
    sqlite3_vfs* real = nullptr;
    // A File lives as long as the disk remembers it, and longer while it is open.
    struct Kept {
        std::shared_ptr<Disk::File> file;
        std::unique_ptr<Mapping> mapping;
    };
    std::map<Opened*, Kept> open;
    // The log's index in memory, as long as anybody has the file open.
    std::map<Disk::File*, std::vector<std::unique_ptr<std::byte[]>>> shared_memory;
};

FileSystem& file_system() {
    static FileSystem system;
    return system;
}

Opened* opened(sqlite3_file* file) {
    return reinterpret_cast<Opened*>(file);
}

sqlite3_file* below(sqlite3_file* file) {
    return opened(file)->below();
}

// Whether anybody else who has the same file open is like that.
template <class Is>
bool is_any_other(const Opened& me, Is is) {
    return std::ranges::any_of(file_system().open, [&](const auto& entry) {
        return entry.first != &me && entry.first->file == me.file && is(*entry.first);
    });
}

auto reader_of(sqlite3_file* file) {
    return [file](std::int64_t number, Disk::Block& to) {
        const auto& me = *opened(file);
        const auto size = static_cast<std::int64_t>(to.size());
        const bool is_there = (number + 1) * size <= me.file->bytes;
        if (const auto* from = is_there ? me.mapping->at(number * size, size) : nullptr) {
            std::memcpy(to.data(), from, to.size());
            return;
        }
        // Beyond the end SQLite's own reads give zeros.
        below(file)->pMethods->xRead(below(file), to.data(), static_cast<int>(to.size()),
                                     number * static_cast<std::int64_t>(to.size()));
    };
}

int close(sqlite3_file* file) {
    auto& system = file_system();
    auto* kept = opened(file)->file;
    if (!is_any_other(*opened(file), [](const Opened&) { return true; })) {
        system.shared_memory.erase(kept);
    }
    system.open.erase(opened(file));
    return below(file)->pMethods->xClose(below(file));
}

// What has no name is no store's.
std::optional<Flaw> met_by(sqlite3_file* file, Operation operation) {
    return opened(file)->file == nullptr ? std::nullopt : opened(file)->disk->meets(operation);
}

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    const auto& me = *opened(file);
    if (const int code = me.disk->read(); code != SQLITE_OK) return code;
    const auto flaw = met_by(file, Operation::read);
    if (flaw && *flaw != Flaw::part) return SQLITE_IOERR_READ;
    const int wanted = flaw ? size / 2 : size;
    const bool is_there = me.file != nullptr && offset + wanted <= me.file->bytes;
    int code = SQLITE_OK;
    if (const auto* from = is_there ? me.mapping->at(offset, wanted) : nullptr) {
        std::memcpy(to, from, static_cast<std::size_t>(wanted));
    } else {
        code = below(file)->pMethods->xRead(below(file), to, wanted, offset);
    }
    if (!flaw) return code;
    // As at a file's end.
    std::memset(static_cast<char*>(to) + wanted, 0, static_cast<std::size_t>(size - wanted));
    return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    const auto& me = *opened(file);
    const auto flaw = met_by(file, Operation::write);
    if (flaw == Flaw::full) return SQLITE_FULL;
    if (flaw && *flaw != Flaw::part) return SQLITE_IOERR_WRITE;
    if (flaw) size /= 2;
    const int done = flaw ? SQLITE_FULL : SQLITE_OK;
    if (me.file != nullptr) {
        const bool is_there = offset + size <= me.file->bytes;
        const int code = me.disk->write(*me.file, reader_of(file), offset, size);
        if (code != SQLITE_OK) return code;
        if (auto* to = is_there ? me.mapping->at(offset, size) : nullptr) {
            std::memcpy(to, from, static_cast<std::size_t>(size));
            return done;
        }
    }
    const int code = below(file)->pMethods->xWrite(below(file), from, size, offset);
    return flaw ? done : code;
}

int truncate(sqlite3_file* file, sqlite3_int64 bytes) {
    if (met_by(file, Operation::truncate)) return SQLITE_IOERR_TRUNCATE;
    if (auto* kept = opened(file)->file) {
        const int code = opened(file)->disk->truncate(*kept, reader_of(file), bytes);
        if (code != SQLITE_OK) return code;
    }
    return below(file)->pMethods->xTruncate(below(file), bytes);
}

int sync(sqlite3_file* file, int) {
    auto* kept = opened(file)->file;
    if (kept == nullptr) return SQLITE_OK;
    auto& disk = *opened(file)->disk;
    const auto flaw = disk.meets(Operation::sync);
    return flaw ? disk.fail_sync(*kept, *flaw) : disk.sync(*kept);
}

int size_of(sqlite3_file* file, sqlite3_int64* bytes) {
    if (met_by(file, Operation::size)) return SQLITE_IOERR_FSTAT;
    return below(file)->pMethods->xFileSize(below(file), bytes);
}

template <auto Method, class... Arguments>
int forward(sqlite3_file* file, Arguments... arguments) {
    return (below(file)->pMethods->*Method)(below(file), arguments...);
}

int control(sqlite3_file* file, int operation, void* argument) {
    if (operation == SQLITE_FCNTL_HAS_MOVED) {  // asked before each change; nobody moves files here
        *static_cast<int*>(argument) = 0;
        return SQLITE_OK;
    }
    return forward<&sqlite3_io_methods::xFileControl>(file, operation, argument);
}

// --- Locks between the connections of one process: real ones cost more than all else here

int lock(sqlite3_file* file, int wanted) {
    auto& me = *opened(file);
    if (me.lock >= wanted) return SQLITE_OK;
    int in_the_way = SQLITE_LOCK_SHARED;
    if (wanted == SQLITE_LOCK_SHARED) in_the_way = SQLITE_LOCK_PENDING;
    if (wanted == SQLITE_LOCK_RESERVED) in_the_way = SQLITE_LOCK_RESERVED;
    const bool busy =
        is_any_other(me, [in_the_way](const Opened& one) { return one.lock >= in_the_way; });
    if (busy) return SQLITE_BUSY;
    me.lock = wanted;
    return SQLITE_OK;
}

int unlock(sqlite3_file* file, int kept) {
    opened(file)->lock = std::min(opened(file)->lock, kept);
    return SQLITE_OK;
}

int check_reserved(sqlite3_file* file, int* is_reserved) {
    const auto reserves = [](const Opened& one) { return one.lock >= SQLITE_LOCK_RESERVED; };
    *is_reserved = is_any_other(*opened(file), reserves) ? 1 : 0;
    return SQLITE_OK;
}

int map_shared(sqlite3_file* file, int region, int bytes, int extend, void volatile** to) {
    auto& regions = file_system().shared_memory[opened(file)->file];
    const auto wanted = static_cast<std::size_t>(region);
    *to = nullptr;
    if (met_by(file, Operation::map_shared)) return SQLITE_IOERR_SHMMAP;
    if (wanted >= regions.size() && extend == 0) return SQLITE_OK;
    while (regions.size() <= wanted) {
        regions.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(bytes)));
    }
    *to = regions[wanted].get();
    return SQLITE_OK;
}

int lock_shared(sqlite3_file* file, int first, int count, int flags) {
    auto& me = *opened(file);
    const auto mask = ((LockMask{1} << count) - 1) << first;
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        me.shared &= ~mask;
        me.exclusive &= ~mask;
        return SQLITE_OK;
    }
    if (met_by(file, Operation::lock_shared)) return SQLITE_BUSY;
    const bool alone = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    const bool busy = is_any_other(me, [mask, alone](const Opened& one) {
        return ((one.exclusive | (alone ? one.shared : 0)) & mask) != 0;
    });
    if (busy) return SQLITE_BUSY;
    (alone ? me.exclusive : me.shared) |= mask;
    return SQLITE_OK;
}

void shared_barrier(sqlite3_file*) {}

int unmap_shared(sqlite3_file* file, int is_last) {
    auto& me = *opened(file);
    me.shared = me.exclusive = 0;
    if (is_last != 0) file_system().shared_memory.erase(me.file);
    return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods{
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = size_of,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control,
    .xSectorSize = forward<&sqlite3_io_methods::xSectorSize>,
    .xDeviceCharacteristics = forward<&sqlite3_io_methods::xDeviceCharacteristics>,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = shared_barrier,
    .xShmUnmap = unmap_shared,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto& system = file_system();
    auto* made = new (file) Opened{};
    made->disk = system.disk;
    if (!system.disk->has_power()) return SQLITE_CANTOPEN;
    const int code = system.real->xOpen(system.real, name, made->below(), flags, out_flags);
    if (made->below()->pMethods != nullptr) made->base.pMethods = &kMethods;
    if (code == SQLITE_OK && name != nullptr) {
        auto kept = system.disk->open(name);
        auto mapping = std::make_unique<Mapping>(name);
        made->file = kept.get();
        made->mapping = mapping.get();
        system.open.emplace(made, FileSystem::Kept{std::move(kept), std::move(mapping)});
    }
    return code;
}

int remove(sqlite3_vfs*, const char* name, int) {
    if (file_system().disk->meets(Operation::remove)) return SQLITE_IOERR_DELETE;
    return file_system().disk->remove(name);
}

int randomness(sqlite3_vfs*, int size, char* to) {
    file_system().disk->fill(to, size);
    return size;
}

// Nobody waits for a lock here: there is nobody to wait for.
int never_wait(sqlite3_vfs*, int) {
    std::abort();
}

template <auto Method, class... Arguments>
auto pass_on(sqlite3_vfs*, Arguments... arguments) {
    auto* real = file_system().real;
    return (real->*Method)(real, arguments...);
}

}  // namespace

void install(Disk& disk) {
    auto& system = file_system();
    system.disk = &disk;
    // As the store does it; too late once SQLite has been asked for its file systems.
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    system.real = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs vfs{
        .iVersion = 2,
        .szOsFile = system.real->szOsFile + static_cast<int>(sizeof(Opened)),
        .mxPathname = system.real->mxPathname,
        .pNext = nullptr,
        .zName = "usher-simulated",
        .pAppData = nullptr,
        .xOpen = open,
        .xDelete = remove,
        .xAccess = pass_on<&sqlite3_vfs::xAccess, const char*, int, int*>,
        .xFullPathname = pass_on<&sqlite3_vfs::xFullPathname, const char*, int, char*>,
        .xDlOpen = nullptr,
        .xDlError = nullptr,
        .xDlSym = nullptr,
        .xDlClose = nullptr,
        .xRandomness = randomness,
        .xSleep = never_wait,
        .xCurrentTime = pass_on<&sqlite3_vfs::xCurrentTime, double*>,
        .xGetLastError = pass_on<&sqlite3_vfs::xGetLastError, int, char*>,
        .xCurrentTimeInt64 = pass_on<&sqlite3_vfs::xCurrentTimeInt64, sqlite3_int64*>,
        .xSetSystemCall = nullptr,
        .xGetSystemCall = nullptr,
        .xNextSystemCall = nullptr,
    };
    if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK) std::abort();
}

}  // namespace usher::simulate
