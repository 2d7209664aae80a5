// What every world begins with, made once: a store with products and accounts, a token issuer, and
// a token for each operator. One thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ids.h"
#include "sandbox/issuer.h"
#include "store/store.h"

namespace usher::simulate {

struct Operator {
    domain::TenantId tenant;
    std::string token;
};

// What may be bought once.
struct Offer {
    std::size_t by = 0;  // of Stage::operators()
    std::string product;
    std::string account;
};

class Stage {
  public:
    Stage();
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    sandbox::Issuer& issuer() { return issuer_; }
    const std::vector<Operator>& operators() const { return operators_; }
    // Of a person who may do everything that the admin listener offers, for every tenant.
    const std::string& overseer_token() const { return overseer_token_; }
    // At least 200, the tenants in turn.
    const std::vector<Offer>& offers() const { return offers_; }

    // For a process that was forked off: from now on files are made in a folder of its own.
    void move();
    // Of that, before the process ends without cleaning up.
    void clear();

    // A copy of the prepared store; the one before is gone. Nobody may have it open.
    std::filesystem::path new_store() const;
    // Where there is none yet.
    std::filesystem::path no_store() const;
    // Puts what is prepared into a store that has nothing yet. Nobody may use it meanwhile.
    static void fill(store::SteppedStore& store);

  private:
    void prepare();
    std::string login(std::string_view user);

    std::filesystem::path folder_;
    std::string prepared_;
    std::unique_ptr<base::Random> random_;
    sandbox::Issuer issuer_;
    std::vector<Operator> operators_;
    std::string overseer_token_;
    std::vector<Offer> offers_;
};

}  // namespace usher::simulate
