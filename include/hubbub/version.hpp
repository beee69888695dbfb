// SPDX-License-Identifier: MIT
#pragma once

#define HUBBUB_VERSION_MAJOR 0
#define HUBBUB_VERSION_MINOR 1
#define HUBBUB_VERSION_PATCH 0
