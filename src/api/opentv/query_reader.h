// Reads a query's parameters; what is wrong is added under the parameter's name.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api/fields.h"
#include "http/target.h"

namespace usher::api::opentv {

class QueryReader {
  public:
    // Both must outlive it.
    QueryReader(const http::Target& target, Fields& fields) : target_{target}, fields_{fields} {}

    // Nothing when it is absent, or there several times, which is wrong.
    std::optional<std::string_view> once(std::string_view name);
    // `usual` when it is absent or wrong.
    std::size_t number(std::string_view name, std::size_t usual, std::size_t least,
                       std::size_t most);
    void wrong(std::string_view name, std::string text);

  private:
    const http::Target& target_;
    Fields& fields_;
};

}  // namespace usher::api::opentv
