// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/roster.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace hubbub::detail {

/// Finds the connections here that a call is meant for, each once.
///
/// Complexity: nothing is allocated where the call names no groups or users, and leaves out no groups
/// and but a few names; else O(n log n) in the members and names of those.
class selection {
public:
    selection(roster const& here, hub_topics const& topics, recipients const* to);

    /// Calls use(member) for each that is meant; members are those of the topic it came on.
    template <class Use>
    void for_each(member_list const& members, Use use) const {
        bool const restricted = to_ != nullptr && to_->restricts();
        for (auto const& c : restricted ? named_ : members)
            if (is_meant(c))
                use(c);
    }

private:
    /// Names to be looked up for each member: many are sorted before.
    class name_set {
    public:
        explicit name_set(std::optional<frame_names> const* names);
        bool contains(std::string_view name) const;

    private:
        static constexpr std::size_t few = 8;

        frame_names const* names_ = nullptr;
        std::vector<std::string_view> sorted_; // if they are more than few
    };

    bool is_meant(member_ptr const& c) const {
        return c->connected && c->allowed && (to_ == nullptr || !to_->excludes() || !excludes(c));
    }
    bool excludes(member_ptr const& c) const;
    void append(member_list& list, std::string_view topic) const;
    void collect_named(hub_topics const& topics);

    roster const* const here_;
    recipients const* const to_;
    name_set const except_;
    name_set const except_users_;
    member_list excluded_;
    member_list named_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/selection.ipp>
#endif
