#include "server/restore.h"

#include "base/clock.h"
#include "flow/restore.h"

namespace usher::server {

std::expected<store::RestoreReport, StartError> restore(const Settings& settings,
                                                        const std::filesystem::path& backup,
                                                        bool replace) {
    const auto clock = base::make_system_clock();
    const auto& limits = settings.converge.limits;
    const store::RestoreRequest request{
        .from = backup, .replace = replace, .decide = [&limits](const flow::Rows& rows) {
            return flow::doubt_restored(rows, limits);
        }};
    auto report = store::restore_store(settings.store_url, *clock, request);
    if (!report) return std::unexpected{StartError{std::move(report.error().sentence)}};
    return std::move(*report);
}

}  // namespace usher::server
