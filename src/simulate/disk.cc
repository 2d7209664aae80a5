#include "simulate/disk.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include <sqlite3.h>

namespace usher::simulate {

namespace {

constexpr auto kBlock = static_cast<std::int64_t>(Disk::kBlockBytes);
std::string set_aside(const std::string& path) {
    return path + ".removed";
}

std::int64_t size_of(const std::string& path) {
    std::error_code none;
    const auto size = std::filesystem::file_size(path, none);
    return none ? 0 : static_cast<std::int64_t>(size);
}

}  // namespace

Disk& Disk::the() {
    static Disk disk;
    static const bool installed = (install(disk), true);
    static_cast<void>(installed);
    return disk;
}

void Disk::begin(std::uint64_t seed) {
    *this = Disk{};
    dice_ = Dice{seed, 0x6469};
    // SQLite's own generator begins anew with what fill() gives.
    sqlite3_randomness(0, nullptr);
}

void Disk::fill(char* to, int size) {
    for (int i = 0; i < size; ++i) to[i] = static_cast<char>(dice_.next());
}

bool Disk::goes_on() {
    if (!power_) return false;
    if (left_ && (*left_)-- == 0) {
        left_.reset();
        power_ = false;
    }
    return power_;
}

void Disk::watch(std::optional<std::pair<std::size_t, Flaw>> flaw) {
    watches_ = true;
    flaw_ = flaw;
    watched_.clear();
}

std::optional<Flaw> Disk::meets(Operation operation) {
    if (!watches_) return std::nullopt;
    const auto number = watched_.size();
    watched_.push_back(operation);
    if (!flaw_ || flaw_->first != number) return std::nullopt;
    return flaw_->second;
}

std::shared_ptr<Disk::File> Disk::open(const std::string& path) {
    auto& file = files_[path];
    if (!file) {
        file = std::make_shared<File>();
        file->path = path;
        file->bytes = file->synced_bytes = size_of(path);
    }
    return file;
}

int Disk::read() const {
    return power_ ? SQLITE_OK : SQLITE_IOERR_READ;
}

void Disk::remember(File& file, const ReadBlock& read, std::int64_t first, std::int64_t last) {
    for (auto number = first; number <= last; ++number) {
        const auto [at, is_new] = file.before.try_emplace(number);
        at->second.taken = false;
        if (is_new && number * kBlock < file.bytes) read(number, at->second.content);
    }
}

int Disk::write(File& file, const ReadBlock& read, std::int64_t offset, std::int64_t size) {
    if (!goes_on() || trouble_.writes_fail) return SQLITE_IOERR_WRITE;
    if (trouble_.full && offset + size > file.bytes) return SQLITE_FULL;
    remember(file, read, offset / kBlock, (offset + size - 1) / kBlock);
    file.bytes = std::max(file.bytes, offset + size);
    return SQLITE_OK;
}

int Disk::truncate(File& file, const ReadBlock& read, std::int64_t bytes) {
    if (!goes_on()) return SQLITE_IOERR_TRUNCATE;
    if (file.bytes > bytes) remember(file, read, bytes / kBlock, (file.bytes - 1) / kBlock);
    file.bytes = bytes;
    file.cut_to = std::min(file.cut_to.value_or(bytes), bytes);
    return SQLITE_OK;
}

int Disk::sync(File& file) {
    if (!goes_on()) return SQLITE_IOERR_FSYNC;
    if (trouble_.syncs_lie) return SQLITE_OK;
    if (trouble_.syncs_fail) return fail_sync(file, Flaw::forgotten);
    std::erase_if(file.before, [](const auto& entry) { return !entry.second.taken; });
    file.synced_bytes = file.bytes;
    file.cut_to.reset();
    for (const auto& path : removed_) std::filesystem::remove(set_aside(path));
    removed_.clear();
    return SQLITE_OK;
}

int Disk::fail_sync(File& file, Flaw flaw) {
    if (flaw == Flaw::gone) forget(file);
    if (flaw == Flaw::forgotten) {
        for (auto& [number, before] : file.before) before.taken = true;
    }
    return SQLITE_IOERR_FSYNC;
}

int Disk::remove(const std::string& path) {
    if (!goes_on()) return SQLITE_IOERR_DELETE;
    std::error_code failed;
    std::filesystem::rename(path, set_aside(path), failed);
    if (failed) return SQLITE_IOERR_DELETE_NOENT;
    files_.erase(path);
    // The last one of that name is the one that may come back.
    if (std::ranges::find(removed_, path) == removed_.end()) removed_.push_back(path);
    return SQLITE_OK;
}

void Disk::restore_power() {
    left_.reset();
    power_ = true;
}

void Disk::recover() {
    for (const auto& [path, file] : files_) take_from(*file);
    for (const auto& path : removed_) {
        const bool comes_back = dice_.chance(0.5) && !std::filesystem::exists(path);
        if (comes_back) {
            std::filesystem::rename(set_aside(path), path);
        } else {
            std::filesystem::remove(set_aside(path));
        }
    }
    removed_.clear();
    files_.clear();
    restore_power();
}

// Which sectors of a block's new content reached the disk: all, none, or any.
Disk::Sectors Disk::sectors_kept(double share) {
    if (dice_.chance(share)) return Sectors{}.set();
    return dice_.chance(0.2) ? Sectors{dice_.next()} : Sectors{};
}

// Back to what it was at the last sync.
void Disk::take_all(const File& file) {
    std::filesystem::resize_file(file.path, static_cast<std::uintmax_t>(file.synced_bytes));
    std::fstream real{file.path, std::ios::in | std::ios::out | std::ios::binary};
    for (const auto& [number, before] : file.before) {
        const auto from = number * kBlock;
        const auto count = std::min(kBlock, file.synced_bytes - from);
        if (count <= 0) continue;
        real.seekp(from);
        real.write(reinterpret_cast<const char*>(before.content.data()), count);
    }
}

// What was written since the last sync is as it was; the file keeps its length.
void Disk::forget(File& file) {
    std::fstream real{file.path, std::ios::in | std::ios::out | std::ios::binary};
    for (const auto& [number, before] : file.before) {
        const auto from = number * kBlock;
        const auto count = std::min(kBlock, file.bytes - from);
        if (count <= 0) continue;
        real.seekp(from);
        real.write(reinterpret_cast<const char*>(before.content.data()), count);
    }
    file.before.clear();
}

void Disk::take_from(File& file) {
    constexpr std::array kShares{0.0, 0.1, 0.5, 0.9, 1.0};
    const auto share = dice_.pick(kShares);
    const auto now = size_of(file.path);
    // What was done after a cut is not there without the cut.
    if (file.cut_to && dice_.chance(0.5)) return take_all(file);
    auto bytes = now;
    if (now > file.synced_bytes && !file.cut_to && !dice_.chance(share)) {
        const auto blocks = static_cast<std::uint64_t>((now - file.synced_bytes) / kBlock + 1);
        bytes = std::min(
            now, file.synced_bytes + static_cast<std::int64_t>(dice_.below(blocks)) * kBlock);
    }
    const Block nothing{};
    std::fstream real{file.path, std::ios::in | std::ios::out | std::ios::binary};
    for (const auto& [number, before] : file.before) {
        const bool was_cut = file.cut_to && number * kBlock >= *file.cut_to;
        const auto& content = was_cut ? nothing : before.content;
        const auto kept = sectors_kept(share);
        for (std::size_t sector = 0; sector < kSectors; ++sector) {
            const auto at = sector * kSectorBytes;
            const auto from = number * kBlock + static_cast<std::int64_t>(at);
            const auto count = std::min(static_cast<std::int64_t>(kSectorBytes), bytes - from);
            if (kept[sector] || count <= 0) continue;
            real.seekp(from);
            real.write(reinterpret_cast<const char*>(content.data()) + at, count);
        }
    }
    real.close();
    if (bytes != now) {
        std::filesystem::resize_file(file.path, static_cast<std::uintmax_t>(bytes));
    }
}

}  // namespace usher::simulate
