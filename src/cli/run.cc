#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/planted.h"
#include "cli/commands.h"
#include "server/serve.h"

namespace usher::cli {

namespace {

int report(const std::expected<void, server::StartError>& result) {
    if (result) return 0;
    std::cerr << "usher: " << result.error().sentence << '\n';
    return 2;
}

bool may_serve() {
    if (!base::kHasPlanted) return true;
    std::cerr
        << "usher: this build has planted faults and is for `usher simulate` alone: build the "
           "preset release\n";
    return false;
}

void example(CLI::App* command, const std::string& line) {
    command->footer("Example: " + line);
}

CLI::Option* add_format(CLI::App* command, std::string& format,
                        const std::vector<std::string>& formats) {
    return command->add_option("--format", format, "How to print it")
        ->check(CLI::IsMember(formats))
        ->capture_default_str();
}

// What the parsed command line asks for.
struct Asked {
    std::string config;
    std::string format = "text";
    bool store = false;
    server::DevOptions dev;
    server::SandboxCommandOptions sandbox;
    BackupCommand backup;
    SimulateRequest simulate;
    ExplainRequest explain;
    ReportsRequest reports;
    HoldRequest hold;
    RetryRequest retry;
    CompareCommand compare;
    BulkCommand bulk;
    ImportCommand import;
    EventsCommand events;
    StatusRequest status;
    ActionsRequest actions;
    std::string partner;
    TokenRequest token{.url = "http://127.0.0.1:8081"};
};

void add_running_commands(CLI::App& app, Asked& asked, int& code) {
    auto* serve_command = app.add_subcommand("serve", "Run the server");
    serve_command->add_option("--config", asked.config, "Settings file (TOML)")
        ->envname("USHER_CONFIG")
        ->required();
    example(serve_command, "usher serve --config /etc/usher/usher.toml");
    serve_command->callback([&] { code = may_serve() ? serve(asked.config) : 2; });

    auto* dev = app.add_subcommand("dev", "Run server and sandbox together, ready to try");
    dev->add_option("--port", asked.dev.port, "Operator port; 0: a free one")
        ->capture_default_str();
    dev->add_option("--sandbox-port", asked.dev.sandbox_port, "Sandbox port; 0: a free one")
        ->capture_default_str();
    dev->add_option("--admin-port", asked.dev.admin_port, "Admin port; 0: a free one")
        ->capture_default_str();
    dev->add_option("--data", asked.dev.data, "Folder to keep both sides' state in");
    example(dev, "usher dev --data ./dev-data");
    dev->callback([&] {
        asked.dev.environment = server::process_environment();
        code = may_serve() ? report(server::dev(asked.dev)) : 2;
    });

    auto* sandbox =
        app.add_subcommand("sandbox", "Run the partner, issuer and CRM stand-ins alone");
    sandbox->add_option("--port", asked.sandbox.port, "Port; 0: a free one")->capture_default_str();
    sandbox->add_option("--state", asked.sandbox.state, "File to keep its state in");
    example(sandbox, "usher sandbox --port 8081 --state ./sandbox.db");
    sandbox->callback([&] { code = report(server::run_sandbox(asked.sandbox)); });
}

void add_settings_commands(CLI::App& app, Asked& asked, int& code) {
    auto* check_command = app.add_subcommand("check", "Say whether the settings can work");
    check_command->add_option("--config", asked.config, "Settings file (TOML)")
        ->envname("USHER_CONFIG");
    auto* store = check_command->add_flag(
        "--store", asked.store,
        "Look at every page of the store's file instead, also while it is in use; exit 1 when one "
        "is damaged");
    add_format(check_command, asked.format, {"text", "json"})->needs(store);
    example(check_command, "usher check --config /etc/usher/usher.toml --store");
    check_command->callback([&] {
        if (asked.store) {
            code = check_store(asked.config, asked.format);
        } else if (asked.config.empty()) {
            throw CLI::RequiredError{"--config"};
        } else {
            code = check(asked.config);
        }
    });

    auto* settings_command =
        app.add_subcommand("settings", "Print every setting, its value and what it does");
    settings_command->add_option("--config", asked.config, "Settings file (TOML)");
    add_format(settings_command, asked.format, {"text", "json", "toml", "markdown"});
    example(settings_command, "usher settings --format toml > usher.toml");
    settings_command->callback([&] { code = settings(asked.config, asked.format); });
}

void add_backup_commands(CLI::App& app, Asked& asked, int& code) {
    auto& command = asked.backup;
    const auto add = [&](const char* name, const char* help, const char* file) {
        auto* made = app.add_subcommand(name, help);
        made->add_option("FILE", command.file, file)->required();
        made->add_option("--config", command.config, "Settings file (TOML)")
            ->envname("USHER_CONFIG");
        add_format(made, command.format, {"text", "json"});
        return made;
    };
    auto* backup = add("backup", "Copy the store into a file, also while it is in use",
                       "The copy; must not be there yet");
    example(backup, "usher backup /var/backups/usher.db --config /etc/usher/usher.toml");
    backup->callback([&] { code = cli::backup(command); });

    auto* restore =
        add("restore", "Put a backup in the store's place; the partner is asked before it is told",
            "What `usher backup` made");
    restore->add_flag("--replace", command.replace, "Move a store that is there aside");
    example(restore, "usher restore /var/backups/usher.db --config /etc/usher/usher.toml");
    restore->callback([&] { code = cli::restore(command); });
}

void add_simulate_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.simulate;
    auto* command = app.add_subcommand(
        "simulate", "Run the product through many small worlds in which everything goes wrong");
    command->add_option("--seeds", request.seeds, "How many worlds")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
        ->capture_default_str();
    command->add_option("--from", request.from, "The first of them")->capture_default_str();
    command->add_option("--seed", request.seed, "This world alone, and what happened in it");
    command->add_option("--fault", request.fault, "Only this goes wrong, in every world");
    command->add_option("--without", request.without, "This does not go wrong; may be given again");
    command->add_option("--entitlements", request.entitlements, "At most so many in a world")
        ->check(CLI::Range(1.0, 1000.0));
    command
        ->add_option("--nodes", request.nodes,
                     "So many nodes: 1 over a file, more over one database; 0: as it comes")
        ->check(CLI::Range(0U, 9U));
    command->add_option("--until", request.until, "End with the first world that breaks this");
    if (base::kHasPlanted) {
        command->add_option("--planted", request.planted,
                            "This fault is in the product; list: all that there are");
    }
    command->add_flag("--verbose", request.verbose, "With --seed: everything that happened");
    command->add_option("--processes", request.processes, "How many at once; 0: one per core")
        ->capture_default_str();
    add_format(command, request.format, {"text", "json"});
    example(command, "usher simulate --seeds 20000");
    command->callback([&] { code = simulate(request); });
}

void add_table_commands(CLI::App& app, Asked& asked, int& code) {
    struct Table {
        const char* name;
        const char* help;
        int (*print)(const std::string&);
        std::vector<std::string> formats;
    };
    const std::vector<std::string> all{"text", "json", "markdown"};
    const Table tables[]{
        {"errors", "Print every error code, its meaning and its remedy", errors, all},
        {"causes", "Print every cause that explain can name, and what may be done", causes, all},
        {"findings", "Print what compare can find, and what is to be done about it", findings, all},
        {"lifecycle", "Print which status may follow which, and the next step towards it",
         lifecycle, all},
        {"explore",
         "Check the lifecycle's rules over every situation of a small world",
         explore,
         {"text", "json"}}};
    for (const auto& table : tables) {
        auto* command = app.add_subcommand(table.name, table.help);
        add_format(command, asked.format, table.formats);
        example(command, fmt::format("usher {} --format json", table.name));
        command->callback([&asked, &code, print = table.print] { code = print(asked.format); });
    }
}

// What every command that asks the admin listener takes.
void add_admin_options(CLI::App* command, AdminAccess& access) {
    command->add_option("--url", access.url, "The admin listener")
        ->envname("USHER_ADMIN_URL")
        ->capture_default_str();
    command->add_option("--tenant", access.tenant,
                        "The tenant; else the token's only one, or the default one");
    command->add_option("--token-file", access.token_file,
                        "File with the access token; else USHER_TOKEN");
}

void add_explain_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.explain;
    auto* command = app.add_subcommand(
        "explain", "Say why an entitlement is as it is, and what may be done about it");
    command->add_option("entitlement", request.entitlement, "The entitlement's id");
    command->add_option("--account", request.account, "An account, for its live entitlements");
    command->add_option("--partner-id", request.partner_id, "The id that the partner knows it by");
    command->add_option("--at", request.at, "What was known then (ISO 8601)");
    add_admin_options(command, request.access);
    add_format(command, request.format, {"text", "json"});
    example(command, "usher explain --account account-1 --token-file ./admin-token");
    command->callback([&] { code = explain(request); });
}

void add_reports_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.reports;
    auto* command = app.add_subcommand(
        "reports", "Show what the partner reported about an entitlement, or about none of ours");
    command->add_option("entitlement", request.entitlement,
                        "The entitlement's id; without it: the reports that fit none");
    add_admin_options(command, request.access);
    add_format(command, request.format, {"text", "json"});
    example(command, "usher reports 6a5f0d4e1c2b3a4958677685 --tenant demo");
    command->callback([&] { code = reports(request); });
}

void add_hold_options(CLI::App* command, HoldRequest& request, bool changes) {
    add_admin_options(command, request.access);
    command->add_flag("--all-tenants", request.all_tenants,
                      "For every tenant at once; the token must be for all of them");
    if (!changes) return;
    command->add_option("--merchant", request.merchant, "This merchant alone");
    command->add_option("--reason", request.reason, "Why, for who comes after")->required();
}

// `usher pause partner bango`: there is one partner, and the words say what is meant.
void add_partner_words(CLI::App* command, Asked& asked) {
    command->add_option("what", asked.partner, "What is meant")
        ->required()
        ->check(CLI::IsMember({"partner"}));
    command->add_option("partner", asked.partner, "Which")
        ->required()
        ->check(CLI::IsMember({"bango"}));
}

void add_hold_commands(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.hold;
    auto* pause = app.add_subcommand("pause", "Send nothing to the partner until it is resumed");
    add_partner_words(pause, asked);
    add_hold_options(pause, request, true);
    example(pause, "usher pause partner bango --merchant BANGO_US --reason 'their upgrade'");
    pause->callback([&] { code = place_hold(request); });

    auto* resume = app.add_subcommand("resume", "Go on with what was paused");
    add_partner_words(resume, asked);
    add_hold_options(resume, request, true);
    example(resume, "usher resume partner bango --merchant BANGO_US --reason 'upgrade done'");
    resume->callback([&] { code = lift_hold(request); });

    auto* confirm = app.add_subcommand(
        "confirm", "Confirm what Usher holds back until a person has looked at it");
    confirm
        ->add_option("what", request.kind,
                     "endings: take over what the partner ended; "
                     "restored: send what was asked before a restore")
        ->required()
        ->check(CLI::IsMember({"endings", "restored"}));
    add_hold_options(confirm, request, true);
    example(confirm, "usher confirm endings --tenant demo --reason 'the merchant has closed'");
    confirm->callback([&] { code = lift_hold(request); });

    auto* holds = app.add_subcommand("holds", "Show what is held, since when, by whom and why");
    add_hold_options(holds, request, false);
    add_format(holds, request.format, {"text", "json"});
    example(holds, "usher holds --tenant demo");
    holds->callback([&] { code = list_holds(request); });
}

void add_retry_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.retry;
    auto* command = app.add_subcommand("retry", "Try at once what could not be settled");
    auto* one = command->add_option("entitlement", request.entitlement, "The entitlement's id");
    auto* all = command->add_flag("--all", request.all,
                                  "All that are not settled; says how many there are first");
    all->excludes(one);
    command->add_option("--cause", request.cause, "Only those with this problem")->needs(all);
    command->add_flag("--yes", request.yes, "Do it, instead of saying how many there are")
        ->needs(all);
    command->add_option("--reason", request.reason, "Why, for who comes after")->required();
    add_admin_options(command, request.access);
    example(command, "usher retry --all --cause login_refused --reason 'new password' --yes");
    command->callback([&] {
        if (request.entitlement.empty() && !request.all) throw CLI::RequiredError{"entitlement"};
        code = retry(request);
    });
}

void add_compare_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.compare;
    auto* command = app.add_subcommand(
        "compare", "Hold the partner's daily file against what is held; exit 1 when they differ");
    command->add_option("FILE", request.file, "The partner's file of active entitlements (CSV)")
        ->required();
    command->add_option("--merchant", request.merchant,
                        "The partner's merchant; else the one that the file names");
    command->add_option("--as-of", request.as_of,
                        "When the file was made (ISO 8601); else the latest LastUpdated in it");
    command->add_flag("--all-statuses", request.all_statuses,
                      "The file has what is PENDING too, so that such a one may be missed");
    command->add_flag("--apply", request.apply, "Have what differs read again at once");
    command->add_option("--limit", request.limit, "So many differences are shown")
        ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000}))
        ->capture_default_str();
    add_admin_options(command, request.access);
    add_format(command, request.format, {"text", "json"});
    example(command, "usher compare AR_V1_D_20260901.csv --as-of 2026-09-02T00:00:00Z --apply");
    command->callback([&] { code = compare(request); });
}

void add_bulk_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.bulk;
    auto* command = app.add_subcommand(
        "bulk", "Say what a file of changes would do; with --apply, carry it out");
    command->add_option("FILE", request.file, "CSV with a first line of names, or JSON lines")
        ->required();
    auto* reason = command->add_option("--reason", request.reason, "Why, for who comes after");
    auto* apply = command->add_flag("--apply", request.apply, "Carry it out, or go on with that")
                      ->needs(reason);
    command
        ->add_option("--token", request.token,
                     "What the preview printed, where much would be ended or suspended")
        ->needs(apply);
    command->add_option("--results", request.results,
                        "Where to write what came of each row (CSV); with --apply and without "
                        "this: FILE.results.csv");
    command->add_option("--rate", request.rate, "At most so many rows a second")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}))
        ->capture_default_str();
    add_admin_options(command, request.access);
    add_format(command, request.format, {"text", "json"});
    example(command, "usher bulk ended.csv --apply --reason 'the merchant closes'");
    command->callback([&] { code = bulk(request); });
}

void add_import_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.import;
    auto* command = app.add_subcommand(
        "import", "Take over entitlements that the partner has already, and ask it about each");
    command->add_option("FILE", request.file, "CSV with a first line of names, or JSON lines")
        ->required();
    auto* reason = command->add_option("--reason", request.reason, "Why, for who comes after");
    command->add_flag("--apply", request.apply, "Take them over, or go on with that")
        ->needs(reason);
    command->add_option("--results", request.results,
                        "Where to write what came of each row (CSV); with --apply and without "
                        "this: FILE.results.csv");
    command->add_option("--limit", request.limit, "So many that are not as the file says are shown")
        ->check(CLI::Range(std::size_t{0}, std::size_t{1'000'000}))
        ->capture_default_str();
    add_admin_options(command, request.access);
    add_format(command, request.format, {"text", "json"});
    example(command, "usher import entitlements.csv --apply --reason 'from the old platform'");
    command->callback([&] { code = import_file(request); });
}

void add_events_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.events;
    auto* command = app.add_subcommand("events", "Show what happened to a tenant's entitlements");
    command->add_option("--after", request.after, "The id of the last one seen; or: newest");
    command->add_option("--entitlement", request.entitlement, "Of this one alone");
    command->add_option("--account", request.account, "Of this account's alone");
    command->add_flag("--follow", request.follow, "Go on as they come, until interrupted");
    add_admin_options(command, request.access);
    add_format(command, request.format, {"text", "json"});
    example(command, "usher events --tenant demo --follow --after newest --format json");
    command->callback([&] { code = events(request); });
}

void add_status_command(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.status;
    auto* command = app.add_subcommand(
        "status", "Say how everything stands, the worst first; exit 1 when a person should act");
    add_admin_options(command, request.access);
    command->add_flag("--all-tenants", request.all_tenants,
                      "Of every tenant; the token must be for all of them");
    add_format(command, request.format, {"text", "json"});
    example(command, "usher status --all-tenants --token-file ./admin-token");
    command->callback([&] { code = status(request); });
}

void add_actions_commands(CLI::App& app, Asked& asked, int& code) {
    auto& request = asked.actions;
    auto* actions = app.add_subcommand(
        "actions", "What the merchants' products support: learnt from refusals, or pinned");
    actions->require_subcommand(1);
    example(actions, "usher actions list --tenant demo");
    const auto add = [&](const char* name, const char* help, int (*act)(const ActionsRequest&)) {
        auto* command = actions->add_subcommand(name, help);
        add_admin_options(command, request.access);
        command->add_flag("--all-tenants", request.all_tenants,
                          "For every tenant at once; the token must be for all of them");
        command->callback([&asked, &code, act] { code = act(asked.actions); });
        return command;
    };
    const auto add_scope = [&](CLI::App* command, bool needs_action) {
        command->add_option("--merchant", request.merchant, "This merchant alone");
        command->add_option("--product", request.product,
                            "This product alone, by the partner's name of it");
        command->add_option("--action", request.action, "The action")
            ->check(CLI::IsMember({"create", "suspend", "resume", "cancel", "undo_cancel", "revoke",
                                   "change_product"}))
            ->required(needs_action);
        command->add_option("--reason", request.reason, "Why, for who comes after")->required();
    };
    auto* shown = add("list", "Show what was learnt and what is pinned", list_actions);
    add_format(shown, request.format, {"text", "json"});
    example(shown, "usher actions list --tenant demo");

    auto* clear =
        add("clear", "Forget what was learnt, so that it is asked for again", clear_actions);
    add_scope(clear, false);
    example(clear, "usher actions clear --merchant BANGO_US --reason 'they support it now'");

    auto* pin = add("pin", "Say what is supported, or not, whatever was learnt", pin_action);
    add_scope(pin, true);
    pin->add_option("--supported", request.supported, "Whether it is supported")
        ->check(CLI::IsMember({"yes", "no"}))
        ->required();
    example(pin,
            "usher actions pin --merchant BANGO_US --product MUSIC --action suspend --supported no "
            "--reason 'their product page'");

    auto* unpin = add("unpin", "Lift a pin; what was learnt counts again", unpin_action);
    add_scope(unpin, true);
    example(unpin,
            "usher actions unpin --merchant BANGO_US --product MUSIC --action suspend --reason "
            "'it changed'");
}

void add_token_command(CLI::App& app, Asked& asked, int& code) {
    auto* command = app.add_subcommand("token", "Get an access token and print nothing else");
    command->add_option("--url", asked.token.url, "The issuer's realm, or the sandbox")
        ->capture_default_str();
    command->add_option("--user", asked.token.user, "User name")->required();
    command->add_option("--password", asked.token.password,
                        "Password; without it, a line of standard input");
    command->add_option("--client", asked.token.client, "OpenID client")->capture_default_str();
    example(command, "usher token --user portal --password portal");
    command->callback([&] { code = token(asked.token); });
}

}  // namespace

int run(int argc, char** argv) {
    CLI::App app{"Usher carries third-party entitlements between an operator and its partner."};
    app.set_version_flag("--version", base::kHasPlanted ? "usher " USHER_VERSION
                                                          " with planted faults: for tests"
                                                        : "usher " USHER_VERSION);
    app.require_subcommand(1);
    app.footer("Example: usher dev");
    Asked asked;
    int code = 0;
    add_running_commands(app, asked, code);
    add_settings_commands(app, asked, code);
    add_backup_commands(app, asked, code);
    add_simulate_command(app, asked, code);
    add_table_commands(app, asked, code);
    add_token_command(app, asked, code);
    add_explain_command(app, asked, code);
    add_reports_command(app, asked, code);
    add_hold_commands(app, asked, code);
    add_retry_command(app, asked, code);
    add_compare_command(app, asked, code);
    add_bulk_command(app, asked, code);
    add_import_command(app, asked, code);
    add_events_command(app, asked, code);
    add_status_command(app, asked, code);
    add_actions_commands(app, asked, code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    return code;
}

}  // namespace usher::cli
