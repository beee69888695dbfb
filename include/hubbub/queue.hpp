// SPDX-License-Identifier: MIT
#pragma once

// The queue of a subscription: bus::subscribe with queue_options. receiver.hpp has bus::receive.
#include <hubbub/queue_options.hpp>
#include <hubbub/typed/queued_subscribers.hpp>
