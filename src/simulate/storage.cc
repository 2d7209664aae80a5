#include "simulate/storage.h"

#include <utility>

#include "simulate/setup.h"

namespace usher::simulate {

FileStorage::FileStorage(Disk& disk, std::filesystem::path file, bool syncs_lie)
    : disk_{disk}, file_{std::move(file)}, syncs_lie_{syncs_lie}, trouble_{.syncs_lie = syncs_lie} {
    disk_.set_trouble(trouble_);
}

void FileStorage::set_trouble(const DiskTrouble& trouble) {
    trouble_ = trouble;
    disk_.set_trouble(trouble_);
}

store::OpenResult FileStorage::open(base::Clock& clock, store::StoreOptions options) {
    disk_.set_trouble(trouble_);
    return store::open_store("sqlite:" + file_.string(), clock, std::move(options));
}

bool FileStorage::may_refuse() const {
    return !disk_.has_power() || trouble_.full || trouble_.writes_fail || trouble_.syncs_fail;
}

void FileStorage::heal() {
    set_trouble({.syncs_lie = syncs_lie_});
    disk_.spare_power();
}

void DatabaseStorage::set_away(bool away) {
    if (away == std::exchange(away_, away)) return;
    database_->set_away(away);
}

std::unique_ptr<store::SteppedStore> DatabaseStorage::open_quietly() {
    auto options = store_options();
    options.threads = false;
    return store::make_shared_store(database_, clock_, options);
}

store::OpenResult DatabaseStorage::open(base::Clock& clock, store::StoreOptions options) {
    if (away_) return std::unexpected{store::OpenError{"the database cannot be reached"}};
    return store::make_shared_store(database_, clock, options);
}

}  // namespace usher::simulate
