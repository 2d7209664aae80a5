// What is looked at before SQLite touches anything: a start that is refused changes no file. Errors
// are sentences that name the file and the remedy.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>

namespace usher::store::sqlite {

using Checked = std::expected<void, std::string>;

inline constexpr std::uint32_t kApplicationId = 0x55736872;  // "Ushr", in the file's header

std::filesystem::path log_of(const std::filesystem::path& path);

// All of these open and close the files. In a process that has them open with SQLite that would
// give up SQLite's locks, so they are for the first opening only.

// A directory, a file of another program or of a newer Usher. A file that is not there is in order.
Checked check_file(const std::filesystem::path& path);
// Its log too: one that lost its file, or is damaged.
Checked check_files(const std::filesystem::path& path);

// Whether there is a log with anything in it.
bool holds_log(const std::filesystem::path& path);

// That this user may write it; makes an empty one, for this user only, when `create` is set.
Checked check_writable(const std::filesystem::path& path, bool create);

// Gives a log whose head was cut short the head that its pages prove (log_check.h). With nobody in
// the file.
Checked mend_log(const std::filesystem::path& path);

std::string sentence_for_newer(const std::string& name, std::int64_t version);

// Which file it is, whatever it is called. Nothing when there is none.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t number = 0;
    bool operator==(const FileIdentity&) const = default;
};

std::optional<FileIdentity> identity_of(const std::filesystem::path& path);

}  // namespace usher::store::sqlite
