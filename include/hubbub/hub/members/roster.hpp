// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/shared_list.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/members/audience.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/update_publisher.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>

namespace hubbub::detail {

/// The connections of one server, and the audiences they make up. It numbers the changes of who is
/// there, and while another server watches publishes each.
///
/// Thread safety: all functions, from any thread.
/// Complexity:    leaving an audience is linear in its members here.
class roster {
public:
    /// At most most_waiting joins of one connection to one group wait; 0: no limit.
    roster(frame_bus const& bus, hub_topics const& topics, std::size_t most_waiting);
    roster(roster const&) = delete;
    roster& operator=(roster const&) = delete;
    /// Lets go of all: a connection and its groups keep each other.
    ~roster() { close(); }

    /// Whether changes are published.
    void be_watched(bool watched);

    /// How many changes there were.
    std::uint64_t changes() const;

    /// The connections that have been admitted.
    presence_snapshot snapshot() const;

    /// From now on it counts as there.
    void admit(member_ptr const& c);

    /// Adds a connection, and completes when calls to all and to its user reach it: receiver gets
    /// them.
    void enter(std::weak_ptr<call_receiver> const& receiver, member_ptr const& c,
               completion<std::error_code> done);

    /// False if it is none of these, or not any more. Else end_reported is to follow.
    bool leave(member_ptr const& c);

    /// All that are to know have been told that one has left.
    void end_reported();

    /// How many are there, or have an end that is not reported yet.
    std::size_t remaining() const;

    /// Completes when later calls to the group reach it, or it was removed meanwhile. Errors:
    /// unknown_connection, also if it ends meanwhile; queue_full; closed.
    void add_to_group(std::weak_ptr<call_receiver> const& receiver, std::string_view connection,
                      std::string_view group, completion<std::error_code> done);

    /// Forgets an audience that has no members left.
    void tidy(std::string const& topic);

    /// Errors: unknown_connection, closed. Not being in it is none.
    std::error_code remove_from_group(std::string_view connection, std::string_view group);

    /// In order; nothing if there is no such connection.
    std::optional<frame_names> groups_of(std::string_view connection) const;

    /// Null if there is none of this id.
    member_ptr find(std::string_view connection) const;

    /// The members of an audience here; none if there is no such.
    audience::snapshot members_of(std::string_view topic) const;

    std::size_t size() const;
    /// How many have been admitted.
    std::size_t present() const;
    /// All connections.
    member_list members() const;

    /// The ends of the topics that begin so and have members here who have been admitted: users, or
    /// groups.
    frame_names names_of(std::string const& prefix) const;

    /// Lets go of all, and returns them; joins that wait end as closed. The bus is not touched
    /// later.
    member_list close();

private:
    /// Members are found by their numbers.
    static std::uint64_t number_of(std::uint64_t number) noexcept { return number; }
    static std::uint64_t number_of(member_ptr const& c) noexcept { return c->number; }
    struct number_hash {
        using is_transparent = void;
        std::size_t operator()(std::uint64_t number) const noexcept { return number; }
        std::size_t operator()(member_ptr const& c) const noexcept { return c->number; }
    };
    struct same_number {
        using is_transparent = void;
        template <class A, class B>
        bool operator()(A const& a, B const& b) const noexcept {
            return number_of(a) == number_of(b);
        }
    };

    member_list members_unlocked() const { return {members_.begin(), members_.end()}; }
    member_ptr find_unlocked(std::string_view connection) const;

    /// Joining a group has failed: c is not in it, unless it joined it again.
    void forget(member_ptr const& c, audience const& group);
    /// Calls to the group reach c now, unless it left again.
    void joined(member_ptr const& c, audience const& group);

    presence_entry entry_of(member_ptr const& c) const;
    /// The groups that c is in; it may wait to be in more.
    frame_names names_of_groups(member_ptr const& c) const;
    std::string_view name_of(audience const& group) const;

    /// A connection came or left, or joined or left a group. Publishes no more than that, since
    /// this is under the lock, and a connection may be in many groups.
    void changed(member_ptr const& c, bool here, std::optional<std::string_view> group = {});

    audience& audience_at(std::string const& topic, std::weak_ptr<call_receiver> const& receiver);
    void leave(std::string const& topic, member_ptr const& c, std::error_code waiting_end);

    frame_bus const bus_;
    hub_topics const topics_;
    std::size_t const most_waiting_;
    std::shared_ptr<update_publisher> const updates_;
    shared_list<member_ptr> const no_members_;
    mutable std::mutex mutex_; // guards what follows
    bool open_ = true;
    bool watched_ = false;
    std::uint64_t changes_ = 0;
    std::size_t present_ = 0;
    std::size_t ending_ = 0; // who have left, and their end is not reported yet
    std::unordered_set<member_ptr, number_hash, same_number> members_;
    std::map<std::string, std::shared_ptr<audience>, std::less<>> audiences_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/roster.ipp>
#endif
