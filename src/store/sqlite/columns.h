// Two visitors of a value's fields in the order of its columns: one binds them, one reads them.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/secret.h"
#include "base/strong.h"
#include "base/time.h"
#include "domain/entitlement.h"
#include "flow/comparison.h"
#include "flow/kept_report.h"
#include "flow/watch_over.h"
#include "store/sqlite/connection.h"

namespace usher::store::sqlite {

// The enum words that are only the store's.
std::string_view word_of(domain::CallPhase phase);
std::optional<domain::CallPhase> parse_call_phase(std::string_view text);

template <class Enum>
    requires std::is_enum_v<Enum>
std::string_view word_of(Enum value) {
    return to_text(value);
}

inline bool parse(std::string_view text, auto reader, auto& out) {
    const auto value = reader(text);
    if (value) out = *value;
    return value.has_value();
}
inline bool parse_word(std::string_view t, domain::EntitlementStatus& out) {
    return parse(t, domain::parse_entitlement_status, out);
}
inline bool parse_word(std::string_view t, domain::PartnerStatus& out) {
    return parse(t, domain::parse_partner_status, out);
}
inline bool parse_word(std::string_view t, domain::PartnerAction& out) {
    return parse(t, domain::parse_partner_action, out);
}
inline bool parse_word(std::string_view t, domain::Rejection& out) {
    return parse(t, domain::parse_rejection, out);
}
inline bool parse_word(std::string_view t, domain::Problem& out) {
    return parse(t, domain::parse_problem, out);
}
inline bool parse_word(std::string_view t, domain::ChangeKind& out) {
    return parse(t, domain::parse_change_kind, out);
}
inline bool parse_word(std::string_view t, domain::Initiator& out) {
    return parse(t, domain::parse_initiator, out);
}
inline bool parse_word(std::string_view t, domain::AccountStatus& out) {
    return parse(t, domain::parse_account_status, out);
}
inline bool parse_word(std::string_view t, domain::CascadeKind& out) {
    return parse(t, domain::parse_cascade_kind, out);
}
inline bool parse_word(std::string_view t, flow::HoldKind& out) {
    return parse(t, flow::parse_hold_kind, out);
}
inline bool parse_word(std::string_view t, flow::ReportOutcome& out) {
    return parse(t, flow::parse_report_outcome, out);
}
inline bool parse_word(std::string_view t, domain::CallPhase& out) {
    return parse(t, parse_call_phase, out);
}

class Binder {
  public:
    explicit Binder(Cursor& cursor) : cursor_{cursor} {}

    void operator()(const std::string& text) { cursor_.bind(++last_, std::string_view{text}); }
    void operator()(const base::Secret& secret) { (*this)(secret.reveal()); }
    template <class Tag>
    void operator()(const base::Strong<Tag>& name) {
        (*this)(name.text());
    }
    void operator()(base::Time time) { cursor_.bind(++last_, std::int64_t{base::to_micros(time)}); }
    void operator()(base::Duration span) { cursor_.bind(++last_, std::int64_t{span.count()}); }
    void operator()(std::integral auto number) {
        cursor_.bind(++last_, static_cast<std::int64_t>(number));
    }
    void operator()(const flow::FindingCounts& counts) { (*this)(flow::to_text(counts)); }
    template <class Enum>
        requires std::is_enum_v<Enum>
    void operator()(Enum value) {
        cursor_.bind(++last_, word_of(value));
    }
    template <class T>
    void operator()(const std::optional<T>& value) {
        if (value) {
            (*this)(*value);
        } else {
            cursor_.bind_null(++last_);
        }
    }
    // An empty name is no name.
    template <class Tag>
    void name_or_null(const base::Strong<Tag>& name) {
        if (name.empty()) {
            cursor_.bind_null(++last_);
        } else {
            (*this)(name);
        }
    }
    // Several columns that are there together or not at all.
    template <class T, class Fields>
    void group(const std::optional<T>& value, int columns, Fields fields) {
        if (value) {
            fields(*this, *value);
            return;
        }
        for (int i = 0; i < columns; ++i) cursor_.bind_null(++last_);
    }

  private:
    Cursor& cursor_;
    int last_ = 0;
};

class Reader {
  public:
    explicit Reader(const Cursor& cursor) : cursor_{cursor} {}

    bool good() const { return good_; }

    void operator()(std::string& text) {
        good_ = good_ && cursor_.is_text(next_);
        text = cursor_.text(next_++);
    }
    void operator()(base::Secret& secret) {
        std::string text;
        (*this)(text);
        secret = base::Secret{std::move(text)};
    }
    template <class Tag>
    void operator()(base::Strong<Tag>& name) {
        std::string text;
        (*this)(text);
        name = base::Strong<Tag>{std::move(text)};
    }
    void operator()(base::Time& time) { time = base::from_micros(integer()); }
    void operator()(base::Duration& span) { span = base::Duration{integer()}; }
    void operator()(bool& flag) {
        const auto value = integer();
        good_ = good_ && (value == 0 || value == 1);
        flag = value == 1;
    }
    template <std::integral Number>
    void operator()(Number& number) {
        const auto value = integer();
        if constexpr (sizeof(Number) < sizeof(value)) {
            good_ = good_ && value >= 0 && value <= std::numeric_limits<Number>::max();
        }
        number = static_cast<Number>(value);
    }
    void operator()(flow::FindingCounts& counts) {
        std::string text;
        (*this)(text);
        good_ = good_ && parse(text, flow::parse_finding_counts, counts);
    }
    template <class Enum>
        requires std::is_enum_v<Enum>
    void operator()(Enum& value) {
        std::string text;
        (*this)(text);
        good_ = good_ && parse_word(text, value);
    }
    template <class T>
    void operator()(std::optional<T>& value) {
        if (cursor_.is_null(next_)) {
            value.reset();
            ++next_;
        } else {
            (*this)(value.emplace());
        }
    }
    template <class Tag>
    void name_or_null(base::Strong<Tag>& name) {
        if (cursor_.is_null(next_)) {
            name = {};
            ++next_;
        } else {
            (*this)(name);
        }
    }
    template <class T, class Fields>
    void group(std::optional<T>& value, int columns, Fields fields) {
        if (cursor_.is_null(next_)) {
            value.reset();
            next_ += columns;
        } else {
            fields(*this, value.emplace());
        }
    }

  private:
    std::int64_t integer() {
        good_ = good_ && cursor_.is_integer(next_);
        return cursor_.integer(next_++);
    }

    const Cursor& cursor_;
    int next_ = 0;
    bool good_ = true;
};

}  // namespace usher::store::sqlite
