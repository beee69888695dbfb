// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

namespace hubbub::detail {

/// The encodings of the elements of the one array that a reader has; false if it has anything else.
template <class Reader>
bool read_elements(Reader& in, std::vector<std::string_view>& out) {
    out.clear();
    if (!in.begin_array())
        return false;
    while (in.element()) {
        std::string_view bytes;
        if (!in.encoded(bytes))
            return false;
        out.push_back(bytes);
    }
    return in.finished();
}

} // namespace hubbub::detail
