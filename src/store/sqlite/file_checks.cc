#include "store/sqlite/file_checks.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "store/sql/migrations.h"
#include "store/sqlite/log_check.h"
#include "store/sqlite/page.h"

namespace usher::store::sqlite {

namespace {

namespace fs = std::filesystem;

// Where the header of a file has what is looked at (SQLite's file format, §1.3).
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kReservedAt = 20;
constexpr std::size_t kVersionAt = 60;
constexpr std::size_t kApplicationAt = 68;

std::uint32_t integer_at(std::string_view header, std::size_t at) {
    std::uint32_t value = 0;
    for (const char byte : header.substr(at, 4)) value = value << 8 | std::uint8_t(byte);
    return value;
}

std::uintmax_t size_of(const fs::path& path) {
    std::error_code none;
    const auto size = fs::file_size(path, none);
    return none ? 0 : size;
}

// SQLite would take the pages in the log for the whole, or throw the log away.
Checked check_header(const fs::path& path) {
    std::array<char, kHeaderBytes> bytes{};
    std::ifstream file{path, std::ios::binary};
    file.read(bytes.data(), bytes.size());
    const std::string_view header{bytes.data(), static_cast<std::size_t>(file.gcount())};
    if (header.empty()) return {};
    // A power loss in the middle of making the file; SQLite rolls it back to nothing.
    const bool is_zero = header.find_first_not_of('\0') == std::string_view::npos;
    if (is_zero && size_of(path.string() + "-journal") > 0) return {};
    constexpr std::string_view kMagic{"SQLite format 3\0", 16};
    if (header.size() < bytes.size() || !header.starts_with(kMagic)) {
        return std::unexpected{fmt::format(
            "{} is damaged or not a store of Usher's: restore it from a backup, or name another "
            "file in store.url.",
            path.string())};
    }
    const bool is_ours = integer_at(header, kApplicationAt) == kApplicationId ||
                         header[kReservedAt] == char{kReservedBytes};
    if (!is_ours) {
        return std::unexpected{fmt::format(
            "{} is a database of another program: name another file in store.url.", path.string())};
    }
    const auto version = integer_at(header, kVersionAt);
    if (version > sql::kMigrations.size()) {
        return std::unexpected{sentence_for_newer(path.string(), version)};
    }
    return {};
}

// A log shorter than its head holds nothing.
Checked check_log(const fs::path& path) {
    const auto log = log_of(path);
    if (size_of(log) < kLogHeadBytes) return {};
    if (size_of(path) < kPageBytes) {
        return std::unexpected{
            fmt::format("{} is missing or too short, but its log {} is there and may hold changes: "
                        "restore both from a backup, or move the log away to begin anew.",
                        path.string(), log.string())};
    }
    std::ifstream file{log, std::ios::binary};
    const auto report = judge_log(file);
    if (report.state == LogState::sound) return {};
    return std::unexpected{fmt::format(
        "{} is damaged{}: restore it together with {} from a backup, or, to go on without "
        "the changes in it, move it away and start once with store.accept_lost_log.",
        log.string(),
        report.state == LogState::headless
            ? ", nothing in it can be read"
            : fmt::format(" behind its page {}, and changes stand behind that",
                          report.readable_frames),
        path.string())};
}

}  // namespace

fs::path log_of(const fs::path& path) {
    return path.string() + "-wal";
}

std::string sentence_for_newer(const std::string& name, std::int64_t version) {
    return fmt::format(
        "{} was written by a newer Usher (schema {}, this one knows {}): start that one, or "
        "restore a backup made before it.",
        name, version, sql::kMigrations.size());
}

bool holds_log(const fs::path& path) {
    return size_of(log_of(path)) > kLogHeadBytes;
}

Checked check_file(const fs::path& path) {
    std::error_code none;
    if (fs::is_directory(path, none)) {
        return std::unexpected{
            fmt::format("{} is a directory: name a file in store.url.", path.string())};
    }
    return check_header(path);
}

Checked check_files(const fs::path& path) {
    if (auto checked = check_file(path); !checked) return checked;
    return check_log(path);
}

Checked check_writable(const fs::path& path, bool create) {
    // Both are made by SQLite with the rights of the file, and outlive a crash.
    for (const auto& name : {path.string(), log_of(path).string(), path.string() + "-shm"}) {
        const bool make = create && name == path.string();
        const int descriptor =
            ::open(name.c_str(), O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), S_IRUSR | S_IWUSR);
        if (descriptor >= 0) {
            ::close(descriptor);
            continue;
        }
        if (errno == ENOENT && name != path.string()) continue;
        return std::unexpected{fmt::format(
            "{} cannot be opened for writing ({}): make it and its directory writable for this "
            "user.",
            name, std::generic_category().message(errno))};
    }
    return {};
}

Checked mend_log(const fs::path& path) {
    const auto log = log_of(path);
    std::fstream file{log, std::ios::binary | std::ios::in | std::ios::out};
    if (!file) return {};
    const auto head = proven_head(file);
    if (!head) return {};
    file.clear();
    file.seekp(0);
    file.write(reinterpret_cast<const char*>(head->data()), std::streamsize(head->size()));
    file.flush();
    if (file) return {};
    return std::unexpected{fmt::format("{} cannot be written: look at its disk.", log.string())};
}

std::optional<FileIdentity> identity_of(const fs::path& path) {
    struct stat found{};
    if (::stat(path.c_str(), &found) != 0) return std::nullopt;
    return FileIdentity{.device = found.st_dev, .number = found.st_ino};
}

}  // namespace usher::store::sqlite
