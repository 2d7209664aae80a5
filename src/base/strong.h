// Strings that mean one thing each, so that an account id cannot be passed where a product id is
// due.
#pragma once

#include <compare>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace usher::base {

template <class Tag>
class Strong {
  public:
    Strong() = default;
    explicit Strong(std::string text) : text_{std::move(text)} {}
    explicit Strong(std::string_view text) : text_{text} {}
    explicit Strong(const char* text) : text_{text} {}

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    auto operator<=>(const Strong&) const = default;

    friend std::ostream& operator<<(std::ostream& out, const Strong& value) {
        return out << value.text_;
    }

  private:
    std::string text_;
};

}  // namespace usher::base

template <class Tag>
struct std::hash<usher::base::Strong<Tag>> {
    std::size_t operator()(const usher::base::Strong<Tag>& value) const noexcept {
        return std::hash<std::string>{}(value.text());
    }
};
