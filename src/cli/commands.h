// The commands of `usher`, one function each. Each returns the process's exit code: 0 done, 1 ran
// and met trouble, 2 wrong usage or settings (interface §2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/admin_client.h"

namespace usher::cli {

int run(int argc, char** argv);

int serve(const std::string& config);
int check(const std::string& config);
// Looks at every page of the store that the settings name.
int check_store(const std::string& config, const std::string& format);

struct BackupCommand {
    std::string config;  // empty: the environment's store
    std::string file;    // the backup, to be made or to be restored
    bool replace = false;
    std::string format = "text";
};
// Copies the store into a file, also while it is in use.
int backup(const BackupCommand& command);
// Puts a backup in the place of the store. No server may use it.
int restore(const BackupCommand& command);
// `format`: text, json, toml (a sample file) or markdown.
int settings(const std::string& config, const std::string& format);
int errors(const std::string& format);
int lifecycle(const std::string& format);
int explore(const std::string& format);

// The list that `explain` chooses from, and what `compare` can find.
int causes(const std::string& format);
int findings(const std::string& format);

// By exactly one of entitlement, account, partner_id.
struct ExplainRequest {
    AdminAccess access;
    std::string entitlement;
    std::string account;
    std::string partner_id;
    std::string at;  // ISO 8601; empty: now
    std::string format = "text";
};
int explain(const ExplainRequest& request);

struct ReportsRequest {
    AdminAccess access;
    std::string entitlement;  // empty: the reports that fit none
    std::string format = "text";
};
int reports(const ReportsRequest& request);

struct HoldRequest {
    AdminAccess access;
    bool all_tenants = false;
    std::string kind = "paused";  // paused, endings or restored
    std::string merchant;         // empty: every merchant
    std::string reason;
    std::string format = "text";
};
int place_hold(const HoldRequest& request);
int lift_hold(const HoldRequest& request);
int list_holds(const HoldRequest& request);

// How everything stands. 1 also when there is something that a person should act on.
struct StatusRequest {
    AdminAccess access;
    bool all_tenants = false;
    std::string format = "text";
};
int status(const StatusRequest& request);

// What a merchant's product supports. Empty: every merchant, every product; no action: each.
struct ActionsRequest {
    AdminAccess access;
    bool all_tenants = false;
    std::string merchant;
    std::string product;  // the partner's name of it
    std::string action;
    std::string supported;  // yes or no
    std::string reason;
    std::string format = "text";
};
int list_actions(const ActionsRequest& request);
int clear_actions(const ActionsRequest& request);
int pin_action(const ActionsRequest& request);
int unpin_action(const ActionsRequest& request);

// One entitlement, or all that are not settled (because of `cause`, when it is given).
struct RetryRequest {
    AdminAccess access;
    std::string entitlement;
    bool all = false;
    std::string cause;  // a problem's code
    std::string reason;
    bool yes = false;  // else `all` only says how many
};
int retry(const RetryRequest& request);

struct CompareCommand {
    AdminAccess access;
    std::string file;           // the partner's, of active entitlements
    std::string merchant;       // empty: the one that the file names
    std::string as_of;          // ISO 8601; empty: the latest LastUpdated in the file
    bool all_statuses = false;  // the file has what is PENDING too
    bool apply = false;
    std::size_t limit = 50;  // differences to be shown
    std::string format = "text";
};
// 1 when there are differences.
int compare(const CompareCommand& command);

struct BulkCommand {
    AdminAccess access;
    std::string file;  // CSV or JSON lines
    bool apply = false;
    std::string reason;
    std::string token;         // of the look
    std::string results;       // empty: beside the file
    std::uint64_t rate = 500;  // rows a second
    std::string format = "text";
};
// 1 when rows are refused, or the guard stops it.
int bulk(const BulkCommand& command);

struct ImportCommand {
    AdminAccess access;
    std::string file;  // CSV or JSON lines
    bool apply = false;
    std::string reason;
    std::string results;     // empty: with `apply` beside the file
    std::size_t limit = 50;  // of what is not as the file says, so many are shown
    std::string format = "text";
};
// 1 when a row is refused, or the partner has not shown that it is as the file says.
int import_file(const ImportCommand& command);

struct EventsCommand {
    AdminAccess access;
    std::string after;  // an event's id; empty: from the oldest; newest: what comes from now on
    std::string entitlement;  // empty: of all
    std::string account;
    bool follow = false;  // for ever, as they come
    std::string format = "text";
};
int events(const EventsCommand& command);

struct SimulateRequest {
    std::uint64_t seeds = 1000;
    std::uint64_t from = 1;
    std::uint64_t seed = 0;  // this one alone, with its trace; 0: `seeds` of them from `from` on
    std::string fault;       // this one alone
    std::vector<std::string> without;
    double entitlements = 0;  // at most so many in a world; 0: as it comes
    unsigned nodes = 0;       // in each world; 0: as it comes
    std::string until;        // an invariant: ends with the first world that breaks it
    std::string planted;      // in a build that has such faults; "list" prints them
    bool verbose = false;
    unsigned processes = 0;  // 0: as many as there are cores
    std::string format = "text";
};
int simulate(const SimulateRequest& request);

struct TokenRequest {
    std::string url;  // of the issuer's realm, or of the sandbox
    std::string user;
    std::string password;  // empty: from standard input
    std::string client = "operator-portal";
};
int token(const TokenRequest& request);

}  // namespace usher::cli
