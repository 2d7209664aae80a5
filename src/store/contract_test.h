// The suite that every engine passes: make_store gives one without threads.
#pragma once

#include <ostream>
#include <string>

#include <gtest/gtest.h>

#include "store/lab_test.h"

namespace usher::store {

enum class EngineKind { memory, shared, sqlite };

inline void PrintTo(EngineKind kind, std::ostream* out) {
    switch (kind) {
        case EngineKind::memory:
            *out << "memory";
            return;
        case EngineKind::shared:
            *out << "shared";
            return;
        case EngineKind::sqlite:
            *out << "sqlite";
            return;
    }
}

std::unique_ptr<SteppedStore> make_store(EngineKind kind, const Folder& folder, base::Clock& clock,
                                         StoreOptions options);

class Contract : public testing::TestWithParam<EngineKind> {
  protected:
    Lab& open(StoreOptions options = {}) {
        options.threads = false;
        lab_ = std::make_unique<Lab>(make_store(GetParam(), folder_, clock_, std::move(options)));
        return *lab_;
    }

    StillClock clock_;
    Folder folder_;
    std::unique_ptr<Lab> lab_;
};

}  // namespace usher::store
