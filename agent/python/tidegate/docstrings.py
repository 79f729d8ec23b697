"""Descriptions of parameters from a docstring: Google ("Args:"), NumPy ("Parameters", underlined) or reST (":param x:")."""

from __future__ import annotations

SECTIONS = ("args:", "arguments:", "parameters:", "params:", "attributes:")


def descriptions(doc: "str | None") -> "dict[str, str]":
    """By parameter name; empty for a docstring that has none of the three forms."""
    lines = [line.rstrip() for line in (doc or "").expandtabs().splitlines()]
    for number, line in enumerate(lines):
        word = line.strip().lower()
        if word in SECTIONS:
            return _google(lines[number + 1 :], _indent(line))
        if word in ("parameters", "attributes") and number + 1 < len(lines) and set(lines[number + 1].strip()) == {"-"}:
            return _numpy(lines[number + 2 :], _indent(line))
    return _rest(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _google(lines: "list[str]", outer: int) -> "dict[str, str]":
    found: "dict[str, list[str]]" = {}
    inner, name = -1, ""
    for line in lines:
        if not line.strip():
            continue
        depth = _indent(line)
        if depth <= outer:
            break
        inner = depth if inner < 0 else inner
        head, colon, text = line.strip().partition(":")
        word = head.split("(")[0].strip()
        if depth == inner and colon and word.lstrip("*").isidentifier():
            name = word.lstrip("*")
            found[name] = [text.strip()]
        elif name:
            found[name].append(line.strip())
    return _joined(found)


def _numpy(lines: "list[str]", outer: int) -> "dict[str, str]":
    found: "dict[str, list[str]]" = {}
    name = ""
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        if _indent(line) > outer:
            if name:
                found[name].append(line.strip())
        elif number + 1 < len(lines) and lines[number + 1].strip() and set(lines[number + 1].strip()) == {"-"}:
            break
        else:
            name = line.split(":")[0].strip()
            found[name] = []
    return _joined(found)


def _rest(lines: "list[str]") -> "dict[str, str]":
    found: "dict[str, list[str]]" = {}
    name = ""
    for line in lines:
        text = line.strip()
        if text.startswith(":param "):
            head, _, rest = text[7:].partition(":")
            name = head.split()[-1] if head.split() else ""
            found[name] = [rest.strip()]
        elif text.startswith(":") or not text:
            name = ""
        elif name:
            found[name].append(text)
    return _joined(found)


def _joined(found: "dict[str, list[str]]") -> "dict[str, str]":
    return {name: text for name, text in ((name, " ".join(parts).strip()) for name, parts in found.items()) if text and name}
