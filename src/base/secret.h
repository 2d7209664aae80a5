// A string that must not appear in a log, an error or a dump. It has no stream operator and no
// formatter: who needs the text says so by calling reveal().
#pragma once

#include <string>
#include <utility>

namespace usher::base {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_{std::move(text)} {}

    const std::string& reveal() const { return text_; }
    bool empty() const { return text_.empty(); }
    bool operator==(const Secret&) const = default;

  private:
    std::string text_;
};

}  // namespace usher::base
