#include "store/sqlite/verify.h"

#include <array>
#include <fstream>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "store/sqlite/open.h"
#include "store/sqlite/page.h"

namespace usher::store::sqlite {

namespace {

// A page that a running server writes at this very moment can be read half old, half new.
constexpr int kLooks = 5;
constexpr std::size_t kPagesAtOnce = 256;

bool is_sound_at(std::ifstream& file, std::uint32_t number) {
    std::array<std::byte, kPageBytes> page{};
    file.clear();
    file.seekg(static_cast<std::streamoff>((number - 1) * std::streamoff{kPageBytes}));
    file.read(reinterpret_cast<char*>(page.data()), page.size());
    return file.gcount() == std::streamsize{kPageBytes} &&
           state_of(ConstPage{page}, number) != PageState::damaged;
}

bool is_damaged(std::ifstream& file, std::uint32_t number) {
    for (int look = 0; look < kLooks; ++look) {
        if (is_sound_at(file, number)) return false;
    }
    return true;
}

}  // namespace

std::expected<FileReport, std::string> verify_file(const std::filesystem::path& path) {
    if (const auto checked = check_files(path); !checked) return std::unexpected{checked.error()};
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        return std::unexpected{fmt::format(
            "{} cannot be read: name a store that is there and that this user may read.",
            path.string())};
    }
    FileReport report;
    std::vector<std::uint32_t> doubtful;
    std::vector<std::byte> bytes(kPagesAtOnce * kPageBytes);
    while (file) {
        file.read(reinterpret_cast<char*>(bytes.data()), std::streamsize(bytes.size()));
        const auto got = static_cast<std::size_t>(file.gcount());
        for (std::size_t at = 0; at < got; at += kPageBytes) {
            const auto number = static_cast<std::uint32_t>(++report.pages);
            const auto state = at + kPageBytes <= got
                                   ? state_of(ConstPage{bytes.data() + at, kPageBytes}, number)
                                   : PageState::damaged;
            if (state == PageState::damaged) doubtful.push_back(number);
            if (state == PageState::unsealed) ++report.unsealed;
        }
    }
    for (const auto number : doubtful) {
        if (is_damaged(file, number)) report.damaged.push_back(number);
    }
    return report;
}

}  // namespace usher::store::sqlite
