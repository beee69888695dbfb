// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"
#include "series.hpp"
#include "subject.hpp"
#include "terminal.hpp"
#include "workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace bench {

/// A kind of figure.
struct figure {
    std::string name;
    std::string unit;
};

/// What all subjects are asked alike. The first figure is compared with the baseline's.
struct question {
    std::string name;
    std::vector<figure> figures;
    /// Whether more of the first figure is better: a rate, not a time.
    bool is_rate;
    /// One run: its figures.
    std::function<std::vector<double>(subject const&, workload const&)> ask;
};

/// What one subject answered.
struct answer {
    std::vector<series> figures;
    /// What a message costs here, in the baseline's cost; empty for a baseline.
    series cost_ratio;
};

/// Asks all subjects in turn, over and over, so that what disturbs the machine disturbs all.
/// Returns their answers in their order. Errors: throws what a run throws, with what it was.
inline std::vector<answer> compare(question const& q, std::vector<subject> const& subjects,
                                   workload const& w, std::size_t runs, progress& shown) {
    std::vector<answer> answers(subjects.size());
    for (std::size_t run = 0; run < runs; ++run) {
        for (std::size_t i = 0; i < subjects.size(); ++i) {
            auto const what = fmt::format("{}, {} B, {}", q.name, w.payload, subjects[i].name);
            check_interruption();
            shown.step(what);
            try {
                auto const figures = q.ask(subjects[i], w);
                answers[i].figures.resize(figures.size());
                for (std::size_t f = 0; f < figures.size(); ++f)
                    answers[i].figures[f].add(figures[f]);
            } catch (failure const& e) {
                throw failure(fmt::format("{}: {}", what, e.what()));
            }
        }
    }
    for (std::size_t i = 0; i < subjects.size(); ++i) {
        auto const baseline = std::find_if(subjects.begin(), subjects.end(), [&](auto const& s) {
            return s.name == subjects[i].baseline;
        });
        if (baseline == subjects.end())
            continue;
        auto const& own = answers[i].figures[0];
        auto const& other =
            answers[static_cast<std::size_t>(baseline - subjects.begin())].figures[0];
        answers[i].cost_ratio = q.is_rate ? ratio(other, own) : ratio(own, other);
    }
    return answers;
}

} // namespace bench
