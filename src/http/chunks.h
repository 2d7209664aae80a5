// The strict rules of a chunked body (RFC 9112 §7.1), as a pure function of bytes: a second opinion
// before Beast decodes it. Beast lets a quoted extension run over the end of its line and folds
// lines of the trailer, and what it makes of the rest depends on how the bytes arrive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/framing.h"

namespace usher::http {

class ChunkScanner {
  public:
    struct Scan {
        std::size_t ready = 0;  // so many bytes are in order and can be decoded
        std::optional<Refusal> refusal;
    };

    // Of the bytes that were not `ready` before, from their start. A size line, and the last chunk
    // with its trailer, are ready only as a whole; data is ready as it comes.
    Scan scan(std::string_view bytes);

  private:
    enum class Expects { size, data, end_of_data, last_chunk, nothing };

    // How many bytes of `rest` the next part takes; 0: more are needed.
    std::size_t take(std::string_view rest, std::optional<Refusal>& refusal);
    std::size_t take_size(std::string_view rest, std::optional<Refusal>& refusal);

    Expects expects_ = Expects::size;
    std::uint64_t left_ = 0;  // of the chunk's data
};

}  // namespace usher::http
