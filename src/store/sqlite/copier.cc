#include "store/sqlite/copier.h"

#include <utility>

#include "store/sqlite/open.h"

namespace usher::store::sqlite {

void Copier::begin() {
    const std::lock_guard lock{mutex_};
    wanted_ = true;
    if (ears_.wanted) ears_.wanted();
}

bool Copier::is_wanted() const {
    const std::lock_guard lock{mutex_};
    return wanted_;
}

bool Copier::has_ended() const {
    const std::lock_guard lock{mutex_};
    return copied_.has_value();
}

std::optional<Copier::Copied> Copier::take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(copied_, std::nullopt);
}

void Copier::wait() {
    if (!shared_->options.threads) return step();
    std::unique_lock lock{mutex_};
    ended_.wait(lock, [this] { return !wanted_; });
}

void Copier::step() {
    if (!is_wanted()) return;
    auto copied = copy();
    {
        const std::lock_guard lock{mutex_};
        wanted_ = false;
        copied_ = std::move(copied);
        if (ears_.ended) ears_.ended();
    }
    ended_.notify_all();
}

void Copier::tell(UpkeepEars ears) {
    const std::lock_guard lock{mutex_};
    ears_ = std::move(ears);
}

Copier::Copied Copier::copy() {
    if (shared_->opened != opened_) connection_.reset();
    if (!connection_) {
        if (auto opened = open(); !opened) return std::unexpected{std::move(opened.error())};
    }
    auto done = connection_->copy_log();
    if (!done) connection_.reset();
    return done;
}

Result<> Copier::open() {
    const int opened = shared_->opened;
    auto made = open_copier(shared_->path, shared_->options);
    if (!made) return std::unexpected{made.error()};
    connection_ = std::move(*made);
    opened_ = opened;
    return {};
}

}  // namespace usher::store::sqlite
