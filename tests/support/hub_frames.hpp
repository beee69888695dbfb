// SPDX-License-Identifier: MIT
#pragma once

// The frames of a hub, for a test that publishes or reads some on a bus of its own.
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/text_forms.hpp>
