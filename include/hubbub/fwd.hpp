// SPDX-License-Identifier: MIT
#pragma once

// Declares the types that a header may only have to name, and includes nothing. It lacks nested and
// erased types, concepts, and what names another type.
namespace hubbub {

// <hubbub/error.hpp>, <hubbub/limits.hpp>, <hubbub/statistics.hpp>, <hubbub/memory_budget.hpp>
enum class errc;
enum class redis_errc;
enum class tls_errc;
enum class hub_errc;
enum class outage_policy;
enum class accounting;
struct message_limits;
struct statistics;
class memory_budget;

// <hubbub/transport.hpp>
struct pattern;
struct topic_filter;
struct message_view;
struct transport_traits;
class object_view;
class message_sink;
enum class link_state;
template <class... Results>
class completion;

// <hubbub/transport/....hpp>
class any_transport;
class local_broker;
class local_transport;
class immediate_local_transport;
struct local_options;
class redis_transport;
class redis_tls_transport;
template <class Transport>
class sequenced;
struct sequence_options;
namespace redis {
struct options;
struct tls_options;
struct reply_limits;
} // namespace redis

// <hubbub/serializer.hpp>, <hubbub/serializer/....hpp>
struct encoded;
enum class wire_format;
struct in_place_serializer;
struct json_serializer;
struct msgpack_serializer;
struct text_serializer;

// <hubbub/bus.hpp>: bus<Transport, Serializer, no_trace> is what bus<Transport, Serializer> means.
struct no_trace;
template <class Transport, class Serializer, class Trace>
class bus;
class subscription;

// <hubbub/queue.hpp>, <hubbub/receiver.hpp>
template <class T>
class receiver;
template <class T>
struct queued_message;
template <class T>
struct queue_options;
enum class overflow_policy;

// <hubbub/topic_ledger.hpp>, <hubbub/prometheus.hpp>
class topic_ledger;
struct topic_statistics;
struct labelled_statistics;
struct labelled_topics;

// <hubbub/hub.hpp>, <hubbub/hub/....hpp>
template <class Bus>
class hub;
template <class Bus>
class connection;
template <class Bus>
class target;
template <class Bus>
class client_target;
template <class Bus>
class targets;
template <class Bus>
class servers;
template <class Bus>
class presence;
template <class Bus>
class client_methods;
template <class Serializer>
class invocation;
template <class T>
class outcome;
template <class T>
struct server_results;
template <class R>
struct collected;
template <class T>
class stream_reader;
template <class T>
class stream_writer;
class caller;
class hub_error;
struct access_request;
struct close_reason;
struct connect_options;
struct failure;
struct hub_options;
struct outbox_options;
enum class delivery_order;
struct presence_change;

} // namespace hubbub
