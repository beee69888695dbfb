// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

/// How one subject is drawn, everywhere in a chart.
struct pen {
    std::string name;
    std::string color;
    /// Drawn paler and dashed: what the others are compared with.
    bool is_baseline = false;
};

/// A logarithmic scale from the decade below the least value to the one above the most.
class log_scale {
public:
    void include(double value) {
        if (!(value > 0))
            return;
        least_ = std::min(least_, std::floor(std::log10(value) + 1e-9));
        most_ = std::max(most_, std::ceil(std::log10(value) - 1e-9));
        if (least_ == most_)
            ++most_;
    }

    /// 0 to 1.
    double place(double value) const {
        return std::clamp((std::log10(std::max(value, 1e-300)) - least_) / (most_ - least_), 0.0,
                          1.0);
    }

    std::vector<double> decades() const {
        std::vector<double> all;
        for (auto d = least_; d <= most_; ++d)
            all.push_back(std::pow(10.0, d));
        return all;
    }

private:
    double least_ = 300;
    double most_ = -300;
};

/// A picture of several panels in SVG, for light and for dark pages.
class chart {
public:
    struct bar {
        std::size_t pen;
        double value;
        double whisker = 0; // how far a thin line goes beyond it; 0: there is none
    };
    struct line {
        std::size_t pen;
        std::vector<std::pair<double, double>> points;
    };

    chart(std::string title, std::string subtitle, std::vector<pen> pens, std::size_t columns)
        : title_(std::move(title)), subtitle_(std::move(subtitle)), pens_(std::move(pens)),
          columns_(columns) {}

    /// A row of panels, one for each column, on one scale.
    void add_bars(std::string const& title, std::string const& axis,
                  std::vector<std::pair<std::string, std::vector<bar>>> const& panels) {
        log_scale scale;
        std::size_t bars = 0;
        for (auto const& [name, all] : panels) {
            bars = std::max(bars, all.size());
            for (auto const& b : all)
                for (auto const value : {b.value, b.whisker})
                    scale.include(value);
        }
        auto const height = static_cast<double>(bars) * bar_pitch;
        begin_row(title);
        for (std::size_t i = 0; i < panels.size(); ++i) {
            auto const x = left(i);
            draw_panel(x, height, bars_width, panels[i].first, axis);
            for (auto const decade : scale.decades())
                draw_vertical(x + scale.place(decade) * bars_width, height, decade);
            for (std::size_t n = 0; n < panels[i].second.size(); ++n)
                draw_bar(x, y_ + static_cast<double>(n) * bar_pitch, panels[i].second[n], scale);
        }
        y_ += height + below_panel;
    }

    /// The same with lines.
    void add_lines(std::string const& title, std::string const& x_axis, std::string const& y_axis,
                   std::vector<std::pair<std::string, std::vector<line>>> const& panels) {
        constexpr double height = 190;
        log_scale across;
        log_scale up;
        for (auto const& [name, all] : panels)
            for (auto const& l : all)
                for (auto const& [px, py] : l.points) {
                    across.include(px);
                    up.include(py);
                }
        begin_row(title);
        for (std::size_t i = 0; i < panels.size(); ++i) {
            auto const x = left(i);
            draw_panel(x, height, panel_width, panels[i].first, x_axis);
            if (i == 0)
                add("<text class='small' text-anchor='middle' transform='translate({:.1f} {:.1f}) "
                    "rotate(-90)'>{}</text>",
                    x - 40, y_ + height / 2, escaped(y_axis));
            for (auto const decade : across.decades())
                draw_vertical(x + across.place(decade) * panel_width, height, decade);
            for (auto const decade : up.decades())
                draw_horizontal(x, y_ + height * (1 - up.place(decade)), decade);
            for (auto const& l : panels[i].second)
                draw_line(x, height, l, across, up);
        }
        y_ += height + below_panel;
    }

    std::string svg() const {
        auto const width = left(columns_ - 1) + panel_width + margin;
        std::string out = fmt::format(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {0:.0f} {1:.0f}' width='{0:.0f}' "
            "height='{1:.0f}' role='img' font-family='system-ui, sans-serif' font-size='12'>\n"
            "<title>{2}</title>\n"
            "<style>\n"
            "text {{ fill: #3d444d; }} .small {{ fill: #59636e; font-size: 11px; }}\n"
            ".title {{ font-size: 17px; font-weight: 600; }} .row {{ font-size: 14px; "
            "font-weight: 600; }}\n"
            ".grid {{ stroke: #818b98; stroke-opacity: 0.35; }} .baseline {{ fill-opacity: 0.35; "
            "}}\n"
            "@media (prefers-color-scheme: dark) {{ text {{ fill: #e6e8eb; }} .small {{ fill: "
            "#b4bbc4; }} .baseline {{ fill-opacity: 0.55; }} }}\n"
            "</style>\n",
            width, y_ - 6, escaped(title_));
        out += fmt::format("<text class='title' x='{0}' y='28'>{1}</text>\n"
                           "<text class='small' x='{0}' y='46'>{2}</text>\n",
                           margin, escaped(title_), escaped(subtitle_));
        return out + legend() + body_ + "</svg>\n";
    }

private:
    static constexpr double margin = 24;
    static constexpr double first_left = 70; // room for the names of the decades
    static constexpr double panel_width = 250;
    static constexpr double bars_width = 180; // the rest is for what each bar says
    static constexpr double between = 36;
    static constexpr double bar_pitch = 20;
    static constexpr double below_panel = 58;

    static double left(std::size_t column) {
        return first_left + static_cast<double>(column) * (panel_width + between);
    }

    static std::string escaped(std::string_view text) {
        std::string out;
        for (char const c : text) {
            if (c == '&')
                out += "&amp;";
            else if (c == '<')
                out += "&lt;";
            else
                out += c;
        }
        return out;
    }

    /// 12 µs, 3.4k, 1.2M: three digits at most.
    static std::string brief(double value) {
        for (auto const& [factor, mark] : {std::pair{1e9, "G"}, {1e6, "M"}, {1e3, "k"}})
            if (value >= factor * 0.9995)
                return brief(value / factor) + mark;
        return value >= 9.995 ? fmt::format("{:.0f}", value) : fmt::format("{:.2g}", value);
    }

    template <class... Args>
    void add(fmt::format_string<Args...> format, Args&&... args) {
        body_ += fmt::format(format, std::forward<Args>(args)...);
        body_ += '\n';
    }

    void begin_row(std::string const& title) {
        add("<text class='row' x='{}' y='{:.1f}'>{}</text>", margin, y_, escaped(title));
        y_ += 32;
    }

    void draw_panel(double x, double height, double width, std::string const& title,
                    std::string const& axis) {
        add("<text x='{:.1f}' y='{:.1f}'>{}</text>", x, y_ - 8, escaped(title));
        add("<text class='small' text-anchor='middle' x='{:.1f}' y='{:.1f}'>{}</text>",
            x + width / 2, y_ + height + 30, escaped(axis));
    }

    void draw_vertical(double x, double height, double value) {
        add("<path class='grid' d='M{:.1f} {:.1f}v{:.1f}'/>", x, y_, height);
        add("<text class='small' text-anchor='middle' x='{:.1f}' y='{:.1f}'>{}</text>", x,
            y_ + height + 14, brief(value));
    }

    void draw_horizontal(double x, double y, double value) {
        add("<path class='grid' d='M{:.1f} {:.1f}h{:.1f}'/>", x, y, panel_width);
        add("<text class='small' text-anchor='end' x='{:.1f}' y='{:.1f}'>{}</text>", x - 6, y + 4,
            brief(value));
    }

    void draw_bar(double x, double y, bar const& b, log_scale const& scale) {
        auto const& p = pens_[b.pen];
        auto const width = std::max(scale.place(b.value) * bars_width, 1.0);
        add("<rect {}fill='{}' x='{:.1f}' y='{:.1f}' width='{:.1f}' height='13' rx='1.5'>"
            "<title>{}: {}</title></rect>",
            p.is_baseline ? "class='baseline' " : "", p.color, x, y + 3, width, escaped(p.name),
            brief(b.value));
        auto label = brief(b.value);
        auto end = x + width;
        if (b.whisker > b.value) {
            label += fmt::format(" – {}", brief(b.whisker));
            end = x + scale.place(b.whisker) * bars_width;
            add("<path stroke='{}' stroke-width='1.5' fill='none' d='M{:.1f} {:.1f}H{:.1f}m0 "
                "-4v8'/>",
                p.color, x + width, y + 9.5, end);
        }
        add("<text class='small' x='{:.1f}' y='{:.1f}'>{}</text>", end + 5, y + 13.5, label);
    }

    void draw_line(double x, double height, line const& l, log_scale const& across,
                   log_scale const& up) {
        auto const& p = pens_[l.pen];
        std::string path;
        std::string dots;
        for (auto const& [px, py] : l.points) {
            auto const at_x = x + across.place(px) * panel_width;
            auto const at_y = y_ + height * (1 - up.place(py));
            path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? 'M' : 'L', at_x, at_y);
            dots += fmt::format("<circle cx='{:.1f}' cy='{:.1f}' r='2.5'><title>{}: {} at {}"
                                "</title></circle>",
                                at_x, at_y, escaped(p.name), brief(py), brief(px));
        }
        add("<path fill='none' stroke='{}' stroke-width='1.8'{} d='{}'/><g fill='{}'>{}</g>",
            p.color, p.is_baseline ? " stroke-dasharray='4 3' stroke-opacity='0.7'" : "", path,
            p.color, dots);
    }

    std::string legend() const {
        std::string out;
        auto x = margin;
        for (auto const& p : pens_) {
            out += fmt::format(
                "<rect {}fill='{}' x='{:.1f}' y='60' width='14' height='11' rx='1.5'/>"
                "<text x='{:.1f}' y='70'>{}</text>\n",
                p.is_baseline ? "class='baseline' " : "", p.color, x, x + 20, escaped(p.name));
            x += 44 + 6.6 * static_cast<double>(p.name.size());
        }
        return out;
    }

    std::string title_;
    std::string subtitle_;
    std::vector<pen> pens_;
    std::size_t columns_;
    std::string body_;
    double y_ = 108; // where the next row begins
};

} // namespace bench
