#include <utility>

#include "store/engine_store.h"
#include "store/memory/engine.h"

namespace usher::store {

std::unique_ptr<SteppedStore> make_memory_store(base::Clock& clock, StoreOptions options) {
    auto state = std::make_shared<memory::State>();
    std::vector<std::unique_ptr<ReadEngine>> readers;
    readers.push_back(std::make_unique<memory::MemoryReader>(state));
    std::vector<std::unique_ptr<ReadEngine>> spares;
    spares.push_back(std::make_unique<memory::MemoryReader>(state));
    return std::make_unique<EngineStore>(std::make_unique<memory::MemoryWriter>(state),
                                         std::move(readers), std::move(spares), clock,
                                         std::move(options));
}

}  // namespace usher::store
