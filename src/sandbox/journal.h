// What must outlive the process, as rows of text. The models write down each change here; the state
// file saves the rows before the answer leaves. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usher::sandbox {

enum class Table : std::uint8_t {
    records,
    replays,
    calls,
    faults,
    queued,
    notifications,
    received,  // by the CRM
    keys,      // of the token issuer
};

inline constexpr std::array kTables{Table::records,  Table::replays, Table::calls,
                                    Table::faults,   Table::queued,  Table::notifications,
                                    Table::received, Table::keys};

std::string_view to_text(Table table);

struct Write {
    Table table{};
    std::string key;
    std::optional<std::string> value;  // nothing: the row goes
    bool operator==(const Write&) const = default;
};

class Journal {
  public:
    void put(Table table, std::string key, std::string value) {
        writes_.push_back({table, std::move(key), std::move(value)});
    }
    void erase(Table table, std::string key) {
        writes_.push_back({table, std::move(key), std::nullopt});
    }

    const std::vector<Write>& writes() const { return writes_; }
    void clear() { writes_.clear(); }

  private:
    std::vector<Write> writes_;
};

// Numbers as keys whose text order is their order.
std::string number_key(std::uint64_t number);

}  // namespace usher::sandbox
