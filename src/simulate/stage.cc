#include "simulate/stage.h"

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/suspend.h"
#include "sandbox/issuer_keys.h"
#include "simulate/disk.h"
#include "simulate/network.h"
#include "simulate/timeline.h"

namespace usher::simulate {

namespace {

constexpr std::array kTenants{"demo", "second"};
constexpr std::array kProducts{"MUSIC", "MUSIC_PREMIUM", "MUSIC_MONTHLY"};
constexpr int kAccounts = 40;
constexpr std::chrono::hours kTokenLife{24 * 365};

// In memory where that is possible: the disk is simulated.
std::filesystem::path make_folder() {
    const std::filesystem::path memory{"/dev/shm"};
    const auto parent =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    auto name = (parent / "usher-simulate-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error{fmt::format("{} cannot be made: make room there", name)};
    }
    return name;
}

// Before any moment of any world, whichever way its clocks are wrong.
base::Time token_time() {
    return wall_time(base::Monotonic{}) - std::chrono::hours{12};
}

}  // namespace

Stage::Stage()
    : folder_{make_folder()},
      random_{base::make_seeded_random(1)},
      issuer_{{.base_url = std::string{kOthers}, .access_lifetime = kTokenLife},
              sandbox::IssuerKeys::make(*random_),
              *random_} {
    operators_ = {{domain::TenantId{kTenants[0]}, login("portal")},
                  {domain::TenantId{kTenants[1]}, login("portal2")}};
    overseer_token_ = login("admin");
    for (int account = 1; account <= kAccounts; ++account) {
        for (const auto* product : kProducts) {
            for (std::size_t by = 0; by < operators_.size(); ++by) {
                offers_.push_back({by, product, fmt::format("account-{}", account)});
            }
        }
    }
    prepare();
}

Stage::~Stage() {
    clear();
}

void Stage::move() {
    folder_ = make_folder();
}

void Stage::clear() {
    std::error_code left;
    std::filesystem::remove_all(folder_, left);
}

std::string Stage::login(std::string_view user) {
    const auto reply = issuer_.handle(
        {.method = "POST",
         .target = std::string{sandbox::Issuer::kPath} + "/protocol/openid-connect/token",
         .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
         .body = fmt::format(
             "grant_type=password&client_id=operator-portal&username={0}&password={0}", user)},
        token_time());
    return base::find_string(boost::json::parse(reply.body).as_object(), "access_token").value();
}

void Stage::prepare() {
    const auto file = folder_ / "prepared.db";
    Disk::the().begin(0);
    Dice dice{0, 0};
    Timeline timeline{dice};
    const base::Duration right{};
    LifeClock clock{timeline, kWorld, right};
    store::StoreOptions options;
    options.threads = false;
    options.busy_timeout = std::chrono::milliseconds{0};
    auto store = store::open_store("sqlite:" + file.string(), clock, options);
    if (!store) throw std::runtime_error{store.error().sentence};
    fill(**store);
    store->reset();
    std::ifstream read{file, std::ios::binary};
    prepared_.assign(std::istreambuf_iterator<char>{read}, {});
}

void Stage::fill(store::SteppedStore& store) {
    const auto put = [&](const domain::TenantId& tenant, flow::Writes writes) {
        store.submit({.wanted = {.tenant = tenant},
                      .decide = [writes = std::move(writes)](const flow::Rows&) { return writes; }},
                     [](const flow::StoreResult<base::Time>& done) {
                         if (!done) throw std::runtime_error{"the stage cannot be written"};
                     });
    };
    for (const auto* name : kTenants) {
        const domain::TenantId tenant{name};
        for (const auto* key : kProducts) {
            put(tenant, {.product = domain::Product{
                             .tenant = tenant,
                             .id = domain::ProductId{fmt::format("BANGO_US_{}", key)},
                             .name = key,
                             .merchant = domain::MerchantId{"BANGO_US"},
                             .product_key = domain::ProductKey{key},
                             .created = token_time(),
                             .modified = token_time()}});
        }
        for (int account = 1; account <= kAccounts; ++account) {
            put(tenant, {.account = domain::Account{
                             .tenant = tenant,
                             .id = domain::AccountId{fmt::format("account-{}", account)},
                             .created = token_time(),
                             .modified = token_time()}});
        }
    }
    while (store.run_group()) {
    }
}

std::filesystem::path Stage::no_store() const {
    for (const auto& entry : std::filesystem::directory_iterator{folder_}) {
        std::filesystem::remove(entry.path());
    }
    return folder_ / "usher.db";
}

std::filesystem::path Stage::new_store() const {
    auto file = no_store();
    std::ofstream{file, std::ios::binary} << prepared_;
    return file;
}

}  // namespace usher::simulate
