// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/redis_options.hpp>
#include <hubbub/transport/redis_tls.hpp>

#include <support/certificates.hpp>
#include <support/redis_peer.hpp>
#include <support/redis_server.hpp>

#include <iterator>
#include <string>
#include <utility>
#include <vector>

using redis_tls_peer = basic_redis_peer<hubbub::redis_tls_transport>;

/// The options of a server that shows who, and by default asks clients for nothing.
inline std::vector<std::string> shows(certificate_authority::identity const& who,
                                      std::vector<std::string> more = {"--tls-auth-clients",
                                                                       "no"}) {
    std::vector<std::string> options{"--tls-cert-file", who.certificate_file, "--tls-key-file",
                                     who.key_file};
    options.insert(options.end(), std::make_move_iterator(more.begin()),
                   std::make_move_iterator(more.end()));
    return options;
}

/// How to reach such a server by a client that trusts an authority.
inline hubbub::redis::options tls_options_for(redis_server const& server,
                                              certificate_authority const& trusted) {
    auto o = options_for(server);
    o.tls.emplace().ca_file = trusted.certificate_file();
    return o;
}
