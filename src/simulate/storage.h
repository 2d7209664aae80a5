// What the nodes of a world keep everything in: a file on a disk that only one node can use, or a
// database that several share. What can go wrong with it. One thread.
#pragma once

#include <filesystem>
#include <memory>

#include "simulate/dice.h"
#include "simulate/disk.h"
#include "simulate/timeline.h"
#include "store/store.h"

namespace usher::simulate {

class Storage {
  public:
    virtual ~Storage() = default;

    virtual store::OpenResult open(base::Clock& clock, store::StoreOptions options) = 0;

    // Whether a node need not start now.
    virtual bool may_refuse() const = 0;

    // Whether whoever uses it is dead by now, because the power is gone.
    virtual bool has_died() const { return false; }
    // Just before a node dies that uses it, and after it is gone.
    virtual void die() {}
    virtual void recover() {}

    // Nothing goes wrong any more.
    virtual void heal() = 0;
};

class FileStorage final : public Storage {
  public:
    FileStorage(Disk& disk, std::filesystem::path file, bool syncs_lie);

    // To be changed through set_trouble().
    const DiskTrouble& trouble() const { return trouble_; }
    void set_trouble(const DiskTrouble& trouble);
    // The power fails between any two things that the store does to its disk.
    void fail_power_after(std::uint64_t operations) { disk_.fail_power_after(operations); }

    store::OpenResult open(base::Clock& clock, store::StoreOptions options) override;
    bool may_refuse() const override;
    bool has_died() const override { return !disk_.has_power(); }
    void die() override { disk_.fail_power(); }
    void recover() override { disk_.recover(); }
    void heal() override;

  private:
    Disk& disk_;
    const std::filesystem::path file_;
    const bool syncs_lie_;
    DiskTrouble trouble_;
};

class DatabaseStorage final : public Storage {
  public:
    explicit DatabaseStorage(Timeline& timeline)
        : clock_{timeline, kWorld, offset_}, database_{store::make_shared_database(clock_)} {}

    // Of its clock.
    base::Duration& offset() { return offset_; }
    void set_away(bool away);
    // A store over it that nothing happens to, for who prepares it.
    std::unique_ptr<store::SteppedStore> open_quietly();

    store::OpenResult open(base::Clock& clock, store::StoreOptions options) override;
    bool may_refuse() const override { return away_; }
    void heal() override { set_away(false); }

  private:
    base::Duration offset_{};
    LifeClock clock_;
    std::shared_ptr<store::SharedDatabase> database_;
    bool away_ = false;
};

}  // namespace usher::simulate
