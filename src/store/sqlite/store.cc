#include "store/sqlite/store.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "store/engine_store.h"
#include "store/sqlite/engine.h"
#include "store/sqlite/open.h"

namespace usher::store::sqlite {

OpenResult open_file(const std::filesystem::path& path, base::Clock& clock, StoreOptions options) {
    // One file has one lock, whatever links lead to it.
    std::error_code failed;
    auto shared = std::make_shared<Shared>();
    shared->path = std::filesystem::weakly_canonical(path, failed);
    if (failed) shared->path = path;
    shared->options = options;

    auto lock = FileLock::take(shared->path);
    if (!lock) return std::unexpected{OpenError{std::move(lock.error())}};
    shared->lock = std::move(*lock);
    auto connection = open_writer(shared->path, options, Opening::first);
    if (!connection) return std::unexpected{OpenError{std::move(connection.error())}};
    shared->remember_files();
    auto writer = std::make_unique<SqliteWriter>(shared, std::move(*connection));
    if (const auto done = writer->void_leases(clock.now()); !done) {
        return std::unexpected{OpenError{sentence_for(done.error(), shared->path)}};
    }
    using Sees = SqliteReader::Sees;
    const auto make_readers = [&shared](std::size_t number, Sees sees) {
        std::vector<std::unique_ptr<ReadEngine>> made;
        while (made.size() < number) made.push_back(std::make_unique<SqliteReader>(shared, sees));
        return made;
    };
    const auto count = std::max<std::size_t>(options.readers, 1);
    auto readers = make_readers(count, Sees::what_is);
    auto spares =
        make_readers(options.threads ? options.spare_readers : 0, Sees::what_was_until_rest);
    return std::make_unique<EngineStore>(std::move(writer), std::move(readers), std::move(spares),
                                         clock, std::move(options));
}

}  // namespace usher::store::sqlite
