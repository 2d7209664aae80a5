// The CRMs of a world that read what happened, each its tenant's events, and go on from where they
// were whatever becomes of a node or an answer. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "http/message.h"
#include "simulate/dice.h"
#include "simulate/judge.h"
#include "simulate/stage.h"
#include "simulate/timeline.h"
#include "simulate/trace.h"

namespace usher::simulate {

class Readers {
  public:
    // Hands a request to a node that lives; kWorld when there is none.
    using Serve = std::function<Life(http::Request, std::function<void(http::Response)>)>;

    Readers(const Stage& stage, std::uint64_t seed, Timeline& timeline, Trace& trace, Serve serve);

    // In some worlds they do, from now on: often while there is trouble, then now and then.
    void plan(base::Monotonic trouble_ends);

    const std::map<domain::TenantId, ReadEvents>& read() const { return read_; }

  private:
    struct Crm {
        std::size_t by = 0;  // of Stage::operators()
        std::string next;    // where it is; empty: before the first
        std::uint64_t asked = 0;
    };

    void ask(Crm& crm);
    void ask_later(Crm& crm, base::Duration span);
    void hear(Crm& crm, std::uint64_t number, const http::Response& response);
    base::Duration pause();

    const Stage& stage_;
    Dice dice_;
    Timeline& timeline_;
    Trace& trace_;
    Serve serve_;
    base::Monotonic trouble_ends_;
    std::vector<Crm> crms_;
    std::map<domain::TenantId, ReadEvents> read_;
};

}  // namespace usher::simulate
