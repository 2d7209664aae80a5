// A file of any length, in pieces.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace usher::cli {

// `take` is called once at least, unless the file cannot be read. Its SHA-256, hexadecimal, when
// `take` has taken all of it; else the first trouble that `take` told, or a sentence with its
// remedy.
std::expected<std::string, std::string> read_in_pieces(
    const std::string& path,
    const std::function<std::expected<void, std::string>(std::string_view)>& take);

}  // namespace usher::cli
