// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/typed/bus_core.hpp>
#include <hubbub/typed/bus_report.hpp>

#include <memory>
#include <utility>

namespace hubbub::detail {

/// The core of a bus with its types: the transport as it is, for the hot path, and the serializer.
template <class Transport, class Serializer, class Trace>
class typed_core final : public bus_core {
public:
    static std::shared_ptr<typed_core> make(Transport& transport, Serializer&& serializer,
                                            Trace&& trace) {
        // Not by make_shared: it instantiates as much again for each type.
        std::shared_ptr<transport_interface> erased(
            static_cast<transport_interface*>(new transport_model<Transport*>(&transport)));
        std::shared_ptr<bus_report> report(static_cast<bus_report*>(
            new traced_report<Trace>(transport.get_executor(), std::move(trace))));
        std::shared_ptr<bus_core> made(static_cast<bus_core*>(new typed_core(
            transport, std::move(erased), std::move(report), std::move(serializer))));
        return std::static_pointer_cast<typed_core>(std::move(made));
    }

    Transport* const typed_transport;
    [[no_unique_address]] Serializer const serializer;

private:
    typed_core(Transport& t, std::shared_ptr<transport_interface> erased,
               std::shared_ptr<bus_report> report, Serializer&& s)
        : bus_core(std::move(erased), &t, std::move(report)), typed_transport(&t),
          serializer(std::move(s)) {}
};

} // namespace hubbub::detail
