#include "converge/watches.h"

namespace usher::converge {

class Watches::Waiting final : public flow::Watch {
  public:
    Waiting(Watches& owner, Key key)
        : owner_{owner}, key_{std::move(key)}, sleeper_{owner.clock_} {}

    ~Waiting() override { owner_.remove(key_, this); }

    base::Task<std::shared_ptr<const domain::Entitlement>> next(base::Monotonic deadline) override {
        while (true) {
            {
                const std::lock_guard lock{owner_.mutex_};
                if (newest_) co_return std::exchange(newest_, nullptr);
            }
            if (!co_await sleeper_.until(deadline)) break;
        }
        const std::lock_guard lock{owner_.mutex_};
        co_return std::exchange(newest_, nullptr);
    }

    // Under the owner's lock, so that it cannot be destroyed meanwhile.
    void tell(const std::shared_ptr<const domain::Entitlement>& row) {
        if (newest_ && newest_->version > row->version) return;
        newest_ = row;
        sleeper_.wake();
    }

  private:
    Watches& owner_;
    Key key_;
    base::Sleeper sleeper_;
    std::shared_ptr<const domain::Entitlement> newest_;
};

std::unique_ptr<flow::Watch> Watches::watch(const domain::TenantId& tenant,
                                            const domain::EntitlementId& entitlement) {
    auto waiting = std::make_unique<Waiting>(*this, Key{tenant, entitlement});
    const std::lock_guard lock{mutex_};
    waiting_.emplace(Key{tenant, entitlement}, waiting.get());
    return waiting;
}

void Watches::tell(const std::shared_ptr<const domain::Entitlement>& row) {
    const std::lock_guard lock{mutex_};
    const auto [first, last] = waiting_.equal_range({row->tenant, row->id});
    for (auto it = first; it != last; ++it) it->second->tell(row);
}

std::size_t Watches::size() const {
    const std::lock_guard lock{mutex_};
    return waiting_.size();
}

void Watches::remove(const Key& key, const Waiting* waiting) {
    const std::lock_guard lock{mutex_};
    const auto [first, last] = waiting_.equal_range(key);
    for (auto it = first; it != last; ++it) {
        if (it->second != waiting) continue;
        waiting_.erase(it);
        return;
    }
}

}  // namespace usher::converge
