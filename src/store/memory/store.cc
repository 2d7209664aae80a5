#include <utility>

#include "store/engine_store.h"
#include "store/memory/engine.h"
#include "store/memory/shared.h"

namespace usher::store {

namespace {

// Keeps the clock that it is judged by.
struct StoreTime {
    explicit StoreTime(const memory::Database& database, base::Clock& node)
        : clock{database, node} {}
    memory::DatabaseClock clock;
};

class SharedStore final : private StoreTime, public EngineStore {
  public:
    SharedStore(const std::shared_ptr<memory::Database>& database, base::Clock& node,
                std::vector<std::unique_ptr<ReadEngine>> readers, const StoreOptions& options)
        : StoreTime{*database, node},
          EngineStore{std::make_unique<memory::SharedWriter>(database, node, options),
                      std::move(readers), clock, options} {}
    ~SharedStore() override { close(); }
};

}  // namespace

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

std::shared_ptr<SharedDatabase> make_shared_database(base::Clock& clock) {
    return std::make_shared<memory::Database>(clock);
}

std::unique_ptr<SteppedStore> make_shared_store(std::shared_ptr<SharedDatabase> database,
                                                base::Clock& clock, const StoreOptions& options) {
    const auto shared = std::static_pointer_cast<memory::Database>(std::move(database));
    std::vector<std::unique_ptr<ReadEngine>> readers;
    readers.push_back(std::make_unique<memory::SharedReader>(shared));
    return std::make_unique<SharedStore>(shared, clock, std::move(readers), options);
}

}  // namespace usher::store
