// One running Usher: every object of the process, built in order and stopped in reverse.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "server/settings.h"

namespace usher::assembly {
struct Product;
}

namespace usher::server {

struct StartError {
    std::string sentence;  // what is wrong and the remedy
};

class Node {
  public:
    // Opens the store, listens and starts to converge. Answers requests when it returns. The clock
    // and the random source must outlive the node.
    static std::expected<std::unique_ptr<Node>, StartError> start(const Settings& settings,
                                                                  base::Clock& clock,
                                                                  base::Random& random);
    ~Node();  // stops
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    std::string operator_url() const;
    std::string admin_url() const;
    assembly::Product& product();

    // Runs a coroutine on the node's loop and waits for it; for set-up, not for requests.
    void run(base::Task<> task);

    // Reads certificates and keys anew; what cannot be read is logged and changes nothing.
    void reload();

    // Takes no new connection, finishes what is in flight within the drain time, closes the store.
    void stop();

  private:
    Node();

    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace usher::server
