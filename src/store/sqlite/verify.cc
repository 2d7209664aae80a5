#include "store/sqlite/verify.h"

#include <array>
#include <fstream>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "store/sqlite/file_checks.h"
#include "store/sqlite/page.h"

namespace usher::store::sqlite {

namespace {

// A page that a running server writes at this very moment can be read half old, half new.
constexpr int kLooks = 5;
constexpr std::size_t kPagesAtOnce = 256;

std::streamoff offset_of(std::uint32_t number) {
    return std::streamoff{number - 1} * std::streamoff{kPageBytes};
}

bool read_at(std::istream& file, std::uint32_t number, Page page) {
    file.clear();
    file.seekg(offset_of(number));
    file.read(reinterpret_cast<char*>(page.data()), std::streamsize{kPageBytes});
    return file.gcount() == std::streamsize{kPageBytes};
}

bool is_damaged(std::istream& file, std::uint32_t number) {
    std::array<std::byte, kPageBytes> page{};
    for (int look = 0; look < kLooks; ++look) {
        if (read_at(file, number, page) && state_of(page, number) != PageState::damaged) {
            return false;
        }
    }
    return true;
}

// Each page with its number, nothing for one that the file ends in. False when the file cannot be
// read to its end.
bool for_each_page(std::istream& file, auto visit) {
    std::vector<std::byte> bytes(kPagesAtOnce * kPageBytes);
    std::uint32_t number = 0;
    while (file) {
        file.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(bytes.size()));
        const auto got = static_cast<std::size_t>(file.gcount());
        for (std::size_t at = 0; at < got; at += kPageBytes) {
            std::optional<Page> page;
            if (at + kPageBytes <= got) page.emplace(bytes.data() + at, kPageBytes);
            visit(++number, page);
        }
    }
    return file.eof() && !file.bad();
}

// SQLite's file format, §1.3.7.
std::uint64_t pages_in_header(std::istream& file) {
    std::array<std::byte, kPageBytes> page{};
    if (!read_at(file, 1, page)) return 0;
    std::uint64_t pages = 0;
    for (std::size_t i = 28; i < 32; ++i) {
        pages = pages << 8 | std::to_integer<std::uint64_t>(page.at(i));
    }
    return pages;
}

std::string unreadable(const std::filesystem::path& path) {
    return fmt::format(
        "{} cannot be read to its end: name a store that is there and that this user may read, and "
        "look at its disk.",
        path.string());
}

}  // namespace

std::expected<FileReport, std::string> verify_file(const std::filesystem::path& path) {
    if (const auto checked = check_file(path); !checked) return std::unexpected{checked.error()};
    FileReport report;
    std::vector<std::uint32_t> doubtful;
    std::ifstream file{path, std::ios::binary};
    const bool read = for_each_page(file, [&](std::uint32_t number, std::optional<Page> page) {
        report.pages = number;
        const auto state = page ? state_of(*page, number) : PageState::damaged;
        if (state == PageState::damaged) doubtful.push_back(number);
        if (state == PageState::unsealed) ++report.unsealed;
    });
    if (!read) return std::unexpected{unreadable(path)};
    for (const auto number : doubtful) {
        if (is_damaged(file, number)) report.damaged.push_back(number);
    }
    // With a log, the end of the file may still stand in there.
    const auto wanted = holds_log(path) ? 0 : pages_in_header(file);
    if (wanted > report.pages) report.missing = wanted - report.pages;
    return report;
}

std::expected<std::uint64_t, std::string> seal_copied_pages(const std::filesystem::path& path) {
    std::vector<std::uint32_t> copied;
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    const bool read = for_each_page(file, [&](std::uint32_t number, std::optional<Page> page) {
        if (page && state_of(*page, number) == PageState::unsealed) copied.push_back(number);
    });
    if (!read) return std::unexpected{unreadable(path)};
    std::array<std::byte, kPageBytes> page{};
    for (const auto number : copied) {
        if (!read_at(file, number, page)) return std::unexpected{unreadable(path)};
        seal(page, number);
        file.seekp(offset_of(number));
        file.write(reinterpret_cast<const char*>(page.data()), std::streamsize{kPageBytes});
    }
    file.flush();
    if (!copied.empty() && !file) return std::unexpected{unreadable(path)};
    return copied.size();
}

}  // namespace usher::store::sqlite
