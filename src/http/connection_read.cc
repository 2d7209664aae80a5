#include "http/connection.h"

namespace usher::http {

base::Task<std::expected<Connection::Incoming, Connection::End>> Connection::read_request() {
    request_time_runs_ = false;
    RequestReader reader{core_->options};
    while (true) {
        const bool nothing_yet = input_.size() == 0 && !reader.has_begun();
        auto refusal = reader.read(input_);
        without_body_ = reader.form().without_body;
        if (refusal) co_return std::unexpected{refusal};
        if (reader.is_done()) break;
        if (nothing_yet && core_->draining) co_return std::unexpected{End{}};
        if (input_.size() == 0 && reader.take_wish_to_continue()) {
            co_await write("HTTP/1.1 100 Continue\r\n\r\n");
        }
        if (nothing_yet) {
            expire_after(core_->options.idle_timeout);
        } else {
            start_request_time();
        }
        idle_ = nothing_yet;
        const bool filled = co_await fill();
        idle_ = false;
        if (!filled) co_return std::unexpected{nothing_yet ? End{} : end_of_reading()};
    }
    Incoming incoming{.request = reader.take_request(), .form = reader.form()};
    incoming.request.peer = peer_;
    co_return incoming;
}

Connection::End Connection::end_of_reading() const {
    if (!expired_) return std::nullopt;
    return Refusal{.error = ProtocolError::timed_out,
                   .detail = "The request did not arrive in time."};
}

void Connection::start_request_time() {
    if (request_time_runs_) return;
    request_time_runs_ = true;
    expire_after(core_->options.request_timeout);
}

}  // namespace usher::http
