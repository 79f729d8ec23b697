"""The words behind ``python flow.py``. A program that reads arguments of its own is left to do so; of any other a word that is unknown is refused."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

WORDS = ("--resume", "--refresh", "--fast", "--help")
_READERS = r"\b(argv|argparse|optparse|getopt|click|typer|fire|docopt|absl|hydra|jsonargparse|plac|tyro|cyclopts|unittest|pytest|streamlit|luigi)\b"
_ELSEWHERE = ("site-packages", "dist-packages")


def asked(word: str, flow: "Any") -> bool:
    """Whether ``--word`` was said. One that is also a parameter of the flow is the program's own."""
    return word not in _parameters(flow) and any(one.partition("=")[0] == f"--{word}" for one in sys.argv[1:])


def resumed() -> str:
    """The run that ``--resume=RUN`` names; nothing for the last one."""
    return next((one.partition("=")[2] for one in sys.argv[1:] if one.startswith("--resume=")), "")


def stop(text: str) -> "NoReturn":
    """End the program as a command line does that was not understood."""
    sys.stderr.write(f"{os.path.basename(sys.argv[0])}: {text}\n")
    raise SystemExit(2)


def check(flow: "Any") -> None:
    """Answer ``--help`` and refuse what is unknown, by SystemExit, where the program reads no arguments itself."""
    given = sys.argv[1:]
    unknown = [one for one in given if one not in WORDS and one != "-h" and not one.startswith("--resume=")]
    if not unknown and "--help" not in given and "-h" not in given or not _is_program(flow):
        return
    name = os.path.basename(sys.argv[0])
    call = f"{flow.__name__}({', '.join(f'{one}=…' for one in _parameters(flow)[:2])})"
    if not unknown:
        sys.stdout.write(
            f"usage: python {name} [--resume[=RUN]] [--refresh] [--fast]\n\n"
            f"Runs the flow {flow.name} here and now. Its parameters stand in its call in the file: {call}\n\n"
            "  --resume   go on from the last run of it that failed; --resume=RUN from that one\n"
            "  --refresh  use no cached results\n"
            "  --fast     skip what only lets time pass\n\n"
            f"example: python {name} --resume\n"
        )
        raise SystemExit(0)
    from difflib import get_close_matches

    word = unknown[0].partition("=")[0]
    if word in WORDS:
        stop(f'{word} takes no value, as in "{unknown[0]}"')
    near = get_close_matches(word, WORDS, 1, 0.7)
    hint = f"did you mean {near[0]}?" if near else f"parameters stand in the call in the file: {call}"
    stop(f'unknown argument "{unknown[0]}"; {hint} (known: --resume, --resume=RUN, {", ".join(WORDS[1:])})')


def takes_words(flow: "Any") -> bool:
    """Whether the words can be said to this program: the flow's own, or ``tidegate run --local``."""
    file = getattr(sys.modules.get("__main__"), "__file__", None) or ""
    return os.path.abspath(file).startswith(os.path.dirname(os.path.abspath(__file__)) + os.sep) or _is_program(flow)


def _parameters(flow: "Any") -> "tuple[str, ...]":
    code = getattr(flow.fn, "__code__", None)
    return () if code is None else tuple(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def _is_program(flow: "Any") -> bool:
    """Whether the program is the flow's own file, or one that calls it, and reads no arguments, in itself or another file of the project."""
    import re

    file = getattr(sys.modules.get("__main__"), "__file__", None)
    here = os.path.dirname(os.path.abspath(__file__))
    if file is None or os.path.abspath(file).startswith((here + os.sep, os.path.dirname(os.__file__) + os.sep)):
        return False
    text = _text(file)
    calls = flow.__module__ == "__main__" or flow.__module__.rpartition(".")[2] in text and flow.__name__ in text
    if not calls or re.search(_READERS, text):
        return False
    root = os.path.dirname(os.path.abspath(file)) + os.sep
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    own = [path for path in files if path.startswith(root) and path.endswith(".py") and not any(part in path for part in _ELSEWHERE) and not path.startswith(here)]
    return not any(re.search(_READERS, _text(path)) for path in own)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
