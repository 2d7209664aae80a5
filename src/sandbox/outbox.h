// The partner's notifications to the reseller: at least once, in no promised order (Bango §5).
// Pure logic; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "sandbox/faults.h"
#include "sandbox/journal.h"
#include "sandbox/partner_options.h"
#include "sandbox/record.h"

namespace usher::sandbox {

// POST `body` to `url` with the partner's Basic credentials.
struct PartnerNotification {
    std::uint64_t number = 0;
    std::string url;
    std::string body;
    bool operator==(const PartnerNotification&) const = default;
};

class Outbox {
  public:
    using DrawFault = std::function<std::optional<FaultRule>()>;

    // `options` and `journal` (or nullptr) must outlive it. `draw` gives the rule that meets the
    // next report.
    Outbox(const PartnerOptions& options, DrawFault draw, Journal* journal);

    bool restore(std::string_view key, std::string_view row);

    // The record as it is now, with `reason`, to its notificationUrl; nothing without one.
    void tell(const Record& record, std::string_view reason, base::Time now);

    std::optional<base::Time> next_event() const;
    // Each stays out until it is settled; after a restart it comes again.
    std::vector<PartnerNotification> take_due(base::Time now);
    void settle(std::uint64_t number, bool delivered, base::Time now);

  private:
    struct Waiting {
        std::string url;
        std::string body;
        base::Time due;
        std::size_t attempts = 0;
    };

    void add(Waiting waiting);
    void keep(std::uint64_t number, const Waiting& waiting);

    const PartnerOptions& options_;
    DrawFault draw_;
    Journal* journal_;
    std::uint64_t last_number_ = 0;
    std::map<std::uint64_t, Waiting> waiting_;
    std::set<std::pair<base::Time, std::uint64_t>> due_;  // those that are not out
};

}  // namespace usher::sandbox
