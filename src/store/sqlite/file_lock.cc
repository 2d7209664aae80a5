#include "store/sqlite/file_lock.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace usher::store::sqlite {

namespace {

std::string owner_of(int descriptor) {
    std::array<char, 32> text{};
    const auto length = ::pread(descriptor, text.data(), text.size(), 0);
    if (length <= 0) return "another process";
    return fmt::format("process {}", std::string_view{text.data(), static_cast<size_t>(length)});
}

void sign(int descriptor) {
    const auto text = fmt::format("{}", ::getpid());
    // The name is for people only: without it the lock holds all the same.
    if (::ftruncate(descriptor, 0) != 0) return;
    [[maybe_unused]] const auto written = ::pwrite(descriptor, text.data(), text.size(), 0);
}

}  // namespace

std::expected<std::unique_ptr<FileLock>, std::string> FileLock::take(
    const std::filesystem::path& path) {
    const auto name = path.string() + ".lock";
    const int descriptor = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return std::unexpected{fmt::format(
            "{} cannot be opened ({}): create its directory, make it writable for this user, or "
            "name another file in store.url.",
            name, std::generic_category().message(errno))};
    }
    std::unique_ptr<FileLock> lock{new FileLock{descriptor}};
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
        sign(descriptor);
        return lock;
    }
    if (errno == EWOULDBLOCK) {
        return std::unexpected{
            fmt::format("{} is in use by another Usher ({}): stop that one first, or name another "
                        "file in store.url.",
                        path.string(), owner_of(descriptor))};
    }
    return std::unexpected{
        fmt::format("{} cannot be locked ({}): put the store on a file system that has locks.",
                    path.string(), std::generic_category().message(errno))};
}

bool FileLock::is_held(const std::filesystem::path& path) {
    const int descriptor = ::open((path.string() + ".lock").c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    return held;
}

FileLock::~FileLock() {
    ::close(descriptor_);
}

}  // namespace usher::store::sqlite
