// The routes under /sandbox, with which people and checks look into the sandbox and act for the
// customer and the merchant, and the pages behind the links for the customer (interface §5). Pure
// logic.
#pragma once

#include <string_view>

#include "base/time.h"
#include "http/message.h"
#include "http/target.h"
#include "sandbox/crm_log.h"
#include "sandbox/partner_model.h"

namespace usher::sandbox {

// {"code":404,"message":"…"} and what else `details` holds.
http::Response control_error(int status, std::string_view message, boost::json::array details = {});

class Control {
  public:
    // What it is given must outlive it.
    Control(PartnerModel& partner, CrmLog& crm);

    // Any request whose path begins with /sandbox/; what it does not know is a 404 or 405.
    http::Response handle(const http::Request& request, base::Time now);

    // GET /bango/activate/{token}: opening it activates.
    http::Response open_link(const http::Request& request, std::string_view token, base::Time now);

    // GET /bango/recover/{token}: the page that lets the customer back in.
    http::Response open_recovery(const http::Request& request, std::string_view token,
                                 base::Time now);

  private:
    http::Response move(std::string_view id, std::string_view name, const http::Request& request,
                        base::Time now);
    http::Response put_faults(const http::Request& request);

    PartnerModel& partner_;
    CrmLog& crm_;
    http::Router router_;
};

}  // namespace usher::sandbox
