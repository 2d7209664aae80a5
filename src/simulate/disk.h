// A disk that keeps only what was synced. SQLite's files are real ones, so that everything else can
// look at them; what a power failure would take from them is remembered here, in blocks. One
// thread, and one disk in a process.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "simulate/dice.h"

namespace usher::simulate {

// What may go wrong with a disk that has power.
struct DiskTrouble {
    bool full = false;  // no file can grow
    bool writes_fail = false;
    bool syncs_fail = false;  // and what they did not keep is taken for kept by the next one
    bool syncs_lie = false;   // they keep nothing, and say that they did: no store survives this
};

// What SQLite asks of a file, as far as it can go wrong alone.
enum class Operation : std::uint8_t {
    read,
    write,
    sync,
    truncate,
    remove,
    size,
    map_shared,   // of the log's index
    lock_shared,  // likewise
};

// How one operation goes wrong while the disk goes on.
enum class Flaw : std::uint8_t {
    error,      // it fails and has done nothing
    part,       // half of it is read or written
    full,       // a write: no room
    forgotten,  // a sync: what was written stays readable, and the next sync keeps it for kept
    gone,       // likewise, and what was written is not readable any more either
};

class Disk {
  public:
    static constexpr std::size_t kBlockBytes = 4096;
    static constexpr std::size_t kSectorBytes = 512;  // of which each is written as a whole
    static constexpr std::size_t kSectors = kBlockBytes / kSectorBytes;
    using Block = std::array<std::byte, kBlockBytes>;

    // From the first call on SQLite's default file system; to be called before a store is opened.
    static Disk& the();

    // A new disk with new luck. No file may be open.
    void begin(std::uint64_t seed);

    // The power fails at the write, sync or removal after so many others.
    void fail_power_after(std::uint64_t operations) { left_ = operations; }
    void spare_power() { left_.reset(); }
    // Now. Whatever is asked of the disk then fails.
    void fail_power() { power_ = false; }
    bool has_power() const { return power_; }

    // After everything that had files open is gone: decides what the failure took. Never from a
    // disk that lost no power.
    void recover();

    // The process was killed and the power stayed: nothing is lost.
    void restore_power();

    void set_trouble(DiskTrouble trouble) { trouble_ = trouble; }

    // Counts operations from now on. The one with this number, from 0, goes wrong, and no other.
    void watch(std::optional<std::pair<std::size_t, Flaw>> flaw = std::nullopt);
    // What was asked for since, in order.
    const std::vector<Operation>& watched() const { return watched_; }

    // --- Asked by SQLite's file system (disk_vfs.cc), each before it does so with the real file.
    // The answers are SQLite's codes.

    // What of a file is not durable.
    struct File {
        struct Before {
            Block content{};     // as last synced
            bool taken = false;  // a failed sync gave it up: the next one does not keep it
        };
        std::string path;
        std::int64_t bytes = 0;  // of the real file
        std::int64_t synced_bytes = 0;
        std::optional<std::int64_t> cut_to;     // the shortest it was made since the last sync
        std::map<std::int64_t, Before> before;  // by the block's number
    };

    using ReadBlock = std::function<void(std::int64_t number, Block& to)>;  // of the real file

    std::shared_ptr<File> open(const std::string& path);
    std::optional<Flaw> meets(Operation operation);
    int write(File& file, const ReadBlock& read, std::int64_t offset, std::int64_t size);
    int truncate(File& file, const ReadBlock& read, std::int64_t bytes);
    int sync(File& file);
    int fail_sync(File& file, Flaw flaw);
    int remove(const std::string& path);
    int read() const;
    void fill(char* to, int size);

  private:
    bool goes_on();
    static void remember(File& file, const ReadBlock& read, std::int64_t first, std::int64_t last);
    void take_from(File& file);
    static void take_all(const File& file);
    static void forget(File& file);
    using Sectors = std::bitset<kSectors>;
    Sectors sectors_kept(double share);

    Dice dice_{0, 0};
    DiskTrouble trouble_;
    std::map<std::string, std::shared_ptr<File>> files_;
    std::vector<std::string> removed_;  // not durably: a failure may bring them back
    std::optional<std::uint64_t> left_;
    bool power_ = true;
    bool watches_ = false;
    std::optional<std::pair<std::size_t, Flaw>> flaw_;
    std::vector<Operation> watched_;
};

// Makes it SQLite's default file system.
void install(Disk& disk);

}  // namespace usher::simulate
