// SPDX-License-Identifier: MIT
#pragma once

#include <stdlib.h> // mkdtemp

#include <filesystem>
#include <stdexcept>
#include <system_error>

/// A folder that goes with all that is in it.
struct temporary_folder {
    temporary_folder() {
        auto name = (std::filesystem::temp_directory_path() / "hubbub-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr)
            throw std::runtime_error("cannot make a folder like " + name);
        path = name;
    }
    temporary_folder(temporary_folder const&) = delete;
    temporary_folder& operator=(temporary_folder const&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    std::filesystem::path path;
};
