#include "auth/key_set.h"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>

#include "base/json.h"

namespace usher::auth {

std::expected<KeySet, KeySetProblem> KeySet::parse(std::string_view jwks) {
    const auto document = base::parse_json(jwks);
    if (!document) return std::unexpected{KeySetProblem::not_json};
    if (!document->is_object()) return std::unexpected{KeySetProblem::no_keys};
    const auto* keys = base::find_member(document->get_object(), "keys");
    if (keys == nullptr || !keys->is_array()) return std::unexpected{KeySetProblem::no_keys};
    if (keys->get_array().size() > kMaxKeys) return std::unexpected{KeySetProblem::too_many};

    KeySet set;
    for (const auto& item : keys->get_array()) {
        if (!item.is_object()) {
            set.skipped_.push_back({{}, KeyProblem::not_an_object});
            continue;
        }
        const auto& jwk = item.get_object();
        auto key = Key::parse(jwk);
        if (key) {
            set.keys_.push_back(std::move(*key));
        } else {
            set.skipped_.push_back({base::find_string(jwk, "kid").value_or(""), key.error()});
        }
    }
    set.drop_duplicates();
    return set;
}

// Two usable keys with one kid: which of them a token means cannot be known, so neither counts.
void KeySet::drop_duplicates() {
    const auto is_duplicate = [this](const std::shared_ptr<const Key>& key) {
        return key->kid() && std::ranges::count(keys_, key->kid(), &Key::kid) > 1;
    };
    std::vector<std::shared_ptr<const Key>> unique;
    for (const auto& key : keys_) {
        if (is_duplicate(key)) {
            skipped_.push_back({*key->kid(), KeyProblem::duplicate_kid});
        } else {
            unique.push_back(key);
        }
    }
    keys_ = std::move(unique);
}

std::expected<std::shared_ptr<const Key>, TokenRefusal> KeySet::find(
    const std::optional<std::string>& kid, Algorithm algorithm) const {
    if (kid) {
        const auto found = std::ranges::find(keys_, kid, &Key::kid);
        if (found == keys_.end()) return std::unexpected{TokenRefusal::unknown_key};
        if (!(*found)->fits(algorithm)) return std::unexpected{TokenRefusal::key_not_for_algorithm};
        return *found;
    }
    const auto fits = [algorithm](const auto& key) { return key->fits(algorithm); };
    const auto found = std::ranges::find_if(keys_, fits);
    if (found == keys_.end()) return std::unexpected{TokenRefusal::unknown_key};
    if (std::find_if(found + 1, keys_.end(), fits) != keys_.end()) {
        return std::unexpected{TokenRefusal::ambiguous_key};
    }
    return *found;
}

bool KeySet::contains(const base::Digest& fingerprint) const {
    return std::ranges::find(keys_, fingerprint, &Key::fingerprint) != keys_.end();
}

std::string_view to_text(KeySetProblem problem) {
    switch (problem) {
        case KeySetProblem::not_json:
            return "the key set is not strict JSON";
        case KeySetProblem::no_keys:
            return "the key set has no array of keys";
        case KeySetProblem::too_many:
            return "the key set has too many keys";
    }
    return "";
}

}  // namespace usher::auth
