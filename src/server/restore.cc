#include "server/restore.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "flow/restore.h"

namespace usher::server {

std::expected<store::RestoreReport, StartError> restore(const Settings& settings,
                                                        const std::filesystem::path& backup,
                                                        bool replace) {
    const auto clock = base::make_system_clock();
    const auto& limits = settings.converge.limits;
    std::size_t open_requests = 0;
    const store::RestoreRequest request{
        .from = backup,
        .replace = replace,
        .decide =
            [&](const flow::Rows& rows) {
                if (rows.entitlement && rows.entitlement->convergence.intent) ++open_requests;
                return flow::doubt_restored(rows, limits);
            },
        .hold = [&](base::Time now) -> std::optional<flow::Hold> {
            if (open_requests == 0) return std::nullopt;
            return flow::Hold{
                .kind = flow::HoldKind::restored,
                .since = now,
                .by = "usher restore",
                .why = fmt::format("{} requests were open in the backup", open_requests)};
        }};
    auto report = store::restore_store(settings.store_url, *clock, request);
    if (!report) return std::unexpected{StartError{std::move(report.error().sentence)}};
    return std::move(*report);
}

}  // namespace usher::server
