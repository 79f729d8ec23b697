"""The bills as a scatter chart, in SVG by hand."""

from __future__ import annotations

WIDTH, HEIGHT = 760, 480
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 76, 56
STYLES = {"Adelie": "#e8710a", "Chinstrap": "#9b3fbf", "Gentoo": "#0b7a75"}
FALLBACK = "#4a5568"
FONT = "font-family=\"system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif\""


def scatter(penguins: list, wrong: list) -> str:
    """An SVG of bill length by bill depth, coloured and shaped by species; ``wrong`` penguins are ringed."""
    lengths = [penguin.measures[0] for penguin in penguins]
    depths = [penguin.measures[1] for penguin in penguins]
    across = _axis(min(lengths), max(lengths), 5, LEFT, WIDTH - RIGHT)
    up = _axis(min(depths), max(depths), 2, HEIGHT - BOTTOM, TOP)
    species = sorted({penguin.species for penguin in penguins})
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" {FONT} role="img">',
        "<title>Bill length and depth of the penguins, by species</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="#ffffff"/>',
        _text(LEFT, 32, "Bill length and depth", size=18, weight=600, fill="#1a202c"),
        *_grid(across, up),
        *[_mark(species.index(one.species), across(one.measures[0]), up(one.measures[1]), _colour(one.species)) for one in penguins],
        *[_ring(across(one.measures[0]), up(one.measures[1])) for one in wrong],
        *_legend(species, penguins, len(wrong)),
        "</svg>",
    ]
    return "\n".join(parts)


class _axis:
    """Maps values to pixels; its ends and ticks lie on multiples of a step."""

    def __init__(self, low: float, high: float, step: int, start: float, end: float) -> None:
        self.low = low // step * step
        self.high = -(-high // step) * step
        self.ticks = [self.low + number * step for number in range(int((self.high - self.low) / step) + 1)]
        self.start, self.end = start, end

    def __call__(self, value: float) -> float:
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def _grid(across: _axis, up: _axis) -> "list[str]":
    parts = []
    for tick in across.ticks:
        x = across(tick)
        parts.append(f'<line x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}" stroke="#e6eaf0"/>')
        parts.append(_text(x, HEIGHT - BOTTOM + 20, f"{tick:g}", anchor="middle"))
    for tick in up.ticks:
        y = up(tick)
        parts.append(f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="#e6eaf0"/>')
        parts.append(_text(LEFT - 10, y + 4, f"{tick:g}", anchor="end"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(_text(middle, HEIGHT - 12, "length (mm)", anchor="middle", size=13, fill="#2d3748"))
    parts.append(f'<g transform="translate(20 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)">')
    parts.append(_text(0, 0, "depth (mm)", anchor="middle", size=13, fill="#2d3748") + "</g>")
    return parts


def _legend(species: "list[str]", penguins: list, wrong: int) -> "list[str]":
    parts, x = [], float(LEFT + 6)
    for number, one in enumerate(species):
        label = f"{one} ({sum(penguin.species == one for penguin in penguins)})"
        parts += [_mark(number, x, 54, _colour(one)), _text(x + 12, 58.5, label, size=13, fill="#2d3748")]
        x += 36 + 7.2 * len(label)
    if wrong:
        parts += [_ring(x, 54), _text(x + 14, 58.5, f"mistaken in the test ({wrong})", size=13, fill="#2d3748")]
    return parts


def _mark(shape: int, x: float, y: float, colour: str) -> str:
    """A circle, a triangle or a square, so that the species can be told apart without colours too."""
    look = f'fill="{colour}" fill-opacity="0.72" stroke="#ffffff" stroke-width="0.8"'
    if shape % 3 == 0:
        return f'<circle cx="{x}" cy="{y}" r="4.6" {look}/>'
    if shape % 3 == 1:
        return f'<path d="M{x} {round(y - 5.6, 1)} l5.4 9.4 h-10.8 z" {look}/>'
    return f'<rect x="{round(x - 4.2, 1)}" y="{round(y - 4.2, 1)}" width="8.4" height="8.4" rx="1" {look}/>'


def _ring(x: float, y: float) -> str:
    return f'<circle cx="{x}" cy="{y}" r="9" fill="none" stroke="#c53030" stroke-width="1.8"/>'


def _colour(species: str) -> str:
    return STYLES.get(species, FALLBACK)


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12, weight: int = 400, fill: str = "#718096") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="{fill}">{text}</text>'
