// The right to a store file. Held through the operating system, which gives it up for a process
// that was killed.
#pragma once

#include <expected>
#include <filesystem>
#include <memory>
#include <string>

namespace usher::store::sqlite {

class FileLock {
  public:
    // Locks "<path>.lock", which stays behind empty-handed when the lock is gone. The error is a
    // sentence.
    static std::expected<std::unique_ptr<FileLock>, std::string> take(
        const std::filesystem::path& path);
    // Whether anybody holds it. Makes no file.
    static bool is_held(const std::filesystem::path& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    explicit FileLock(int descriptor) : descriptor_{descriptor} {}
    int descriptor_;
};

}  // namespace usher::store::sqlite
