#include "cli/file_pieces.h"

#include <fstream>

#include <fmt/format.h>

#include "base/digest.h"

namespace usher::cli {

std::expected<std::string, std::string> read_in_pieces(
    const std::string& path,
    const std::function<std::expected<void, std::string>(std::string_view)>& take) {
    constexpr std::size_t kPiece = std::size_t{256} * 1024;
    std::ifstream file{path, std::ios::binary};
    base::Sha256 digest;
    std::string piece(kPiece, '\0');
    while (file) {
        file.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        const std::string_view bytes{piece.data(), static_cast<std::size_t>(file.gcount())};
        digest.add(bytes);
        if (auto taken = take(bytes); !taken) return std::unexpected{std::move(taken.error())};
    }
    if (file.eof()) return digest.finish_hex();
    return std::unexpected{
        fmt::format("cannot read {}: name a file that is there and may be read", path)};
}

}  // namespace usher::cli
