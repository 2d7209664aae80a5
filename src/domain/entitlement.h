// The things that are stored: one customer's right to one product with its history, and what it
// refers to. Plain values. Source: OpenTV §3, interface §4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/secret.h"
#include "base/time.h"
#include "domain/convergence.h"
#include "domain/ids.h"
#include "domain/problem.h"

namespace usher::domain {

// Why the entitlement is in its present status, in both editions' words (OpenTV §2.4, §3.1).
struct Reason {
    std::optional<std::string> code;             // reasonCode
    std::optional<std::string> category;         // reasonCategory
    std::optional<std::string> cancel_code;      // cancelReasonCode
    std::optional<std::string> cancel_category;  // cancelReasonCategory
    std::optional<std::string> cancel_description;
    bool operator==(const Reason&) const = default;
};

// Where the customer must go to activate. The URL is a secret: whoever has it can use it.
struct Activation {
    base::Secret url;
    std::optional<base::Time> expiry;
    bool operator==(const Activation&) const = default;
};

// What ended the last request that did not come true.
struct LastRefusal {
    EntitlementStatus asked{};
    Rejection rejection{};
    std::string partner_code;
    base::Time at;
    std::uint64_t request = 0;  // which request, see Entitlement::request
    bool operator==(const LastRefusal&) const = default;
};

// Who holds the right to call the partner for this entitlement, judged by the store's clock. The
// fence grows with each claim; what a settle brings with an older fence is dropped.
struct Claim {
    std::uint64_t fence = 0;
    std::optional<base::Time> lease_until;  // none: nobody
    bool operator==(const Claim&) const = default;
};

// Who set the open request going, so that its end can be told with the same correlation.
struct Asker {
    std::string subject;
    std::string client;
    CorrelationId correlation;
    std::string comment;  // in the caller's own words; kept with the request's event alone
    bool operator==(const Asker&) const = default;
};

struct Entitlement {
    TenantId tenant;
    EntitlementId id;
    AccountId account;
    ProductId product;
    MerchantId merchant;  // where it lives at the partner, fixed at purchase
    ProductKey product_key;
    CustomerId customer;              // the account's name there, fixed at purchase
    PartnerEntitlementId partner_id;  // empty until the partner has made one
    // What the partner has instead of `product_key`, as long as the record could not follow.
    ProductKey other_product_key;
    // Asked for instead, while convergence.product_wanted holds.
    ProductId wanted_product;
    ProductKey wanted_product_key;
    ProductId refused_product;  // what last_refusal is about, when it was another product

    Convergence convergence;

    Reason reason;
    std::optional<base::Time> valid_from;
    std::optional<base::Time> expiry_date;
    std::optional<base::Time> ends_at;     // while ACTIVE-ENDING
    std::optional<Activation> activation;  // while the customer must act
    std::optional<LastRefusal> last_refusal;

    base::Time created;
    base::Time modified;
    std::uint64_t version = 0;  // grows with each event; the ETag
    std::uint64_t request = 0;  // the version at which the newest request was recorded
    // Counts as the account's one live entitlement to the product. Given up for good once both
    // sides have ended; a purchase then makes a new entitlement.
    bool occupies = true;
    std::int64_t last_position = 0;  // of its newest event in the tenant's feed; 0: none

    // The work still to do. `due_at` is set as long as there is any.
    std::optional<base::Time> due_at;
    std::uint32_t attempts = 0;  // since the last progress
    std::uint64_t hints = 0;     // reports received; tells whether one came while a read was out
    std::optional<base::Time> unsettled_since;
    // Hidden from the operator, who deleted it: what is left to do goes on, and it reappears when
    // it cannot be ended.
    std::optional<base::Time> deleted_at;
    std::string last_problem;                   // why it is not settled yet, in a few words
    Problem problem = Problem::none;            // the same as a code
    std::optional<base::Time> partner_said_at;  // when the partner last said what it has
    Claim claim;
    Asker asker;

    bool operator==(const Entitlement&) const = default;
};

enum class Initiator : std::uint8_t { op, partner, usher };  // "operator" is a keyword

// One line of an entitlement's history, written with the change it tells of and never changed.
struct Event {
    TenantId tenant;
    std::int64_t position = 0;  // dense in the tenant's feed, from 1; given by the store
    EntitlementId entitlement;
    std::int64_t previous = 0;  // position of this entitlement's event before; 0: the first
    std::uint64_t version = 0;  // the entitlement's, after this
    base::Time at;
    Change change;
    Initiator initiator = Initiator::usher;
    Asker asker;                        // of the request that led here, if any
    std::optional<std::uint32_t> call;  // number of the partner call that led here
    std::string note;                   // a few words: a reason given, a problem met
    // Of product_moved: the product from now on; of a request for another one: that.
    ProductId product;
    bool operator==(const Event&) const = default;
};

// What is sold: a merchant's product under a name of the platform's (OpenTV §3.3).
struct Product {
    TenantId tenant;
    ProductId id;
    std::string name;
    MerchantId merchant;     // providerId
    ProductKey product_key;  // providerResourceId
    base::Time created;
    base::Time modified;
    bool operator==(const Product&) const = default;
};

enum class AccountStatus : std::uint8_t { active, restricted, suspended, cancelled };

enum class CascadeKind : std::uint8_t { end, suspend, resume };

// What the change of an account asks of its entitlements, one after the other, round after round
// until one finds nothing to ask.
struct Cascade {
    CascadeKind kind{};
    Asker asker;
    base::Time begun;
    EntitlementId after;               // in this round everything up to it has been asked
    std::uint64_t asked = 0;           // requests, refused ones included, of every round
    std::uint32_t rounds = 0;          // that are over
    std::optional<base::Time> due_at;  // when to go on; none: it is over
    bool operator==(const Cascade&) const = default;
};

struct Account {
    TenantId tenant;
    AccountId id;
    AccountStatus status = AccountStatus::active;
    base::Time created;
    base::Time modified;
    std::optional<base::Time> deleted_at;  // the operator does not see it since; its id stays taken
    std::optional<Cascade> cascade;        // of the last change that asked for one
    bool operator==(const Account&) const = default;
};

// Nothing is left to do for it: both sides agree, about the product too.
bool is_settled(const Entitlement& entitlement);

std::string_view to_text(Initiator initiator);
std::optional<Initiator> parse_initiator(std::string_view text);
std::string_view to_text(AccountStatus status);
std::optional<AccountStatus> parse_account_status(std::string_view text);
std::string_view to_text(CascadeKind kind);
std::optional<CascadeKind> parse_cascade_kind(std::string_view text);

}  // namespace usher::domain
