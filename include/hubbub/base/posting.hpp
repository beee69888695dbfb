// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>

#include <memory>
#include <utility>

namespace hubbub::detail {

/// One asynchronous operation that is to end by a call of its handler, whatever that is and gets:
/// what is posted for it is of one type, so that Asio's part is compiled once.
class operation {
public:
    operation(operation const&) = delete;
    operation& operator=(operation const&) = delete;
    virtual ~operation() = default;

    /// Whether anybody waits for the end.
    virtual bool is_wanted() const noexcept = 0;
    /// Posts call to the handler's executor. self, here and there, owns this object.
    virtual void post(std::unique_ptr<operation> self);
    /// Frees self before the handler runs, as Asio does.
    virtual void call(std::unique_ptr<operation> self) = 0;

    /// Where the handler runs; empty for one that posts itself.
    asio::any_io_executor const& executor() const noexcept { return executor_; }

protected:
    /// On executor, which is kept busy while the operation lives.
    explicit operation(asio::any_io_executor&& executor);
    /// For one that posts itself.
    operation() = default;

private:
    asio::any_io_executor executor_;
    asio::any_io_executor work_;
};

/// The function object that is posted.
struct posted_operation {
    std::unique_ptr<operation> of;
    void operator()() {
        auto& arrived = *of;
        arrived.call(std::move(of));
    }
};

/// Posts call(object) to executor.
void post_shared(asio::any_io_executor const& executor, std::shared_ptr<void> object,
                 void (*call)(void*));

/// Posts a call of Member on object to executor, which keeps object until then: of one posted type,
/// whatever the class.
template <auto Member, class Class>
void post_call(asio::any_io_executor const& executor, std::shared_ptr<Class> object) {
    post_shared(executor, std::move(object),
                [](void* called) { (static_cast<Class*>(called)->*Member)(); });
}

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/base/impl/posting.ipp>
#endif
