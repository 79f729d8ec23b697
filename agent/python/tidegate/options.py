"""The words that @task and @flow take, checked where they are written: a typing error must not wait for the night that needs the retry."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RETRY = ("retries", "retry_delay", "retry_jitter", "retry_on", "timeout")
TASK_WORDS = ("name", *_RETRY, "cache", "cache_for", "pool", "environment", "image")
FLOW_WORDS = ("name", *_RETRY, "queue_timeout", "memory", "cpu", "gpus", "on_success", "on_failure", "on_cancel")
HOOKS = {"on_success": "success", "on_failure": "failure", "on_cancel": "cancel"}
# What is said elsewhere for what is meant here, where the nearest spelling would be another thing.
_MEANT = {"retry": "retries", "tries": "retries", "attempts": "retries", "max_retries": "retries", "backoff": "retry_delay", "ttl": "cache_for"}
MOST_RETRIES = 99  # 100 attempts, the first among them

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}


class Exponential:
    """The delays ``first``, ``first * factor``, …, none longer than ``longest`` seconds."""

    __slots__ = ("factor", "first", "longest")

    def __init__(self, first: "Any", factor: float = 2, longest: "Any" = None) -> None:
        self.first = _seconds("exponential", "first", first)
        if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 1 <= factor < 1e6:
            raise TypeError(f"exponential(factor=…) takes a number from 1 up, not {factor!r}")
        self.factor = float(factor)
        self.longest = None if longest is None else _seconds("exponential", "longest", longest)

    def __call__(self, attempt: int) -> float:
        try:
            delay = self.first * self.factor ** (attempt - 1)
        except OverflowError:
            delay = 1e9
        return delay if self.longest is None else min(delay, self.longest)

    def __repr__(self) -> str:
        return f"exponential({self.first:g}, factor={self.factor:g})"


class Policy:
    """The checked options of a task or flow, in seconds and bytes; None where nothing was said."""

    __slots__ = ("cache", "cache_for", "cpu", "environment", "gpus", "hooks", "image", "memory", "pool", "queue_timeout", "retries", "retry_delay", "retry_jitter", "retry_on", "timeout")

    def __init__(self, what: str, given: dict) -> None:
        self.retries = _count(what, "retries", given.get("retries"), MOST_RETRIES) or 0
        self.retry_delay = _delay(what, given.get("retry_delay"))
        self.retry_jitter = _share(what, "retry_jitter", given.get("retry_jitter"))
        self.retry_on = _retry_on(what, given.get("retry_on"))
        self.timeout = _some_seconds(what, "timeout", given.get("timeout"))
        self.queue_timeout = _some_seconds(what, "queue_timeout", given.get("queue_timeout"))
        self.memory = _bytes(what, given.get("memory"))
        self.cpu = _amount(what, given.get("cpu"))
        self.gpus = _count(what, "gpus", given.get("gpus"), 1024)
        self.cache = given.get("cache")
        if self.cache is not None and not isinstance(self.cache, bool) and not callable(self.cache):
            raise TypeError(f"{what}(cache=…) takes True, False or a function of the arguments that returns a key, not {self.cache!r}")
        self.cache_for = _some_seconds(what, "cache_for", given.get("cache_for"))
        if self.cache_for is not None and not self.cache:
            raise TypeError(f"{what}(cache_for=…) says how long a cached result counts: say cache=True or a key function beside it")
        self.pool = _pool(what, given.get("pool"))
        self.environment = _environment(what, given.get("environment"))
        self.image = _image(what, given.get("image"))
        if self.image is not None and self.environment is not None:
            raise TypeError(f"{what}(image=…, environment=…): say one of them. An image brings its own packages: install them where it is built")
        self.hooks: "dict[str, list[Any]]" = {}
        for word, state in HOOKS.items():
            hooks = given.get(word)
            for hook in [] if hooks is None else hooks if isinstance(hooks, (list, tuple)) else [hooks]:
                if not callable(hook):
                    raise TypeError(f"{what}({word}=…) takes a function or a list of them, not {hook!r}")
                self.hooks.setdefault(state, []).append(hook)

    @property
    def apart(self) -> bool:
        """Whether a task is done by a run of its own."""
        return self.pool is not None or self.environment is not None or self.image is not None

    def described(self) -> dict:
        """What the manifest says of a flow: the agent and the control plane act on it where no process can."""
        found: "dict[str, Any]" = {}
        if self.retries:
            found["retries"] = self.retries
            if isinstance(self.retry_delay, float):
                found["retryDelay"] = self.retry_delay
        for word in ("timeout", "queue_timeout", "memory", "cpu", "gpus"):
            value = getattr(self, word)
            if value is not None:
                found["queueTimeout" if word == "queue_timeout" else word] = value
        if self.hooks:
            found["hooks"] = sorted(self.hooks)
        return found

    def again(self, exc: BaseException, attempt: int) -> "float | None":
        """Seconds until the next attempt, or None if that one was the last."""
        from .answers import NoAnswer

        if attempt > self.retries or not isinstance(exc, Exception) or isinstance(exc, NoAnswer):
            return None
        if isinstance(self.retry_on, tuple):
            if not isinstance(exc, self.retry_on):
                return None
        elif self.retry_on is not None and not self.retry_on(exc):
            return None
        delay = self.retry_delay
        if isinstance(delay, list):
            seconds = delay[min(attempt, len(delay)) - 1] if delay else 0.0
        elif callable(delay):
            seconds = _seconds("retry_delay", "its result", delay(attempt))
        else:
            seconds = delay or 0.0
        if self.retry_jitter:
            from random import SystemRandom  # the flow's own random numbers stay as its seed says

            seconds *= 1 + self.retry_jitter * (2 * SystemRandom().random() - 1)
        return seconds


def policy(what: str, given: dict) -> "Policy | None":
    """The options of ``@task`` or ``@flow``, or None for none. Raises TypeError, which names the argument and the nearest known."""
    refuse_unknown(what, list(given))
    name = given.get("name")
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise (TypeError if not isinstance(name, str) else ValueError)(f"{what}(name=…) takes a name that is not empty, not {name!r}")
    return Policy(what, given) if any(value is not None for word, value in given.items() if word != "name") else None


def refuse_unknown(what: str, names: "list[str]") -> None:
    known = TASK_WORDS if what == "@task" else FLOW_WORDS
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            near = [_MEANT[name]] if _MEANT.get(name) in known else get_close_matches(name, known, 1, 0.5)
            if name in TASK_WORDS or name in FLOW_WORDS:
                hint = f" here; it is an argument of {'@flow' if what == '@task' else '@task'}"
            else:
                hint = f'; did you mean "{near[0]}"?' if near else ""
            raise TypeError(f"{what}({name}=…): unknown{hint} (known: {', '.join(known)})")


def no_generator(what: str, name: str) -> TypeError:
    """Why a function with ``yield`` is none to decorate: its call does nothing, and is a success."""
    if what == "@flow":
        return TypeError(f"@flow {name} is a generator, and would end without doing anything: a flow returns, so return a list where it yields, or call tasks in a loop")
    return TypeError(f"@task {name} is a generator, whose body would not run before the task has ended: a task returns, so return a list where it yields, or call a task for each item in a loop")


def _seconds(what: str, word: str, value: "Any") -> float:
    total = getattr(value, "total_seconds", None)
    number = total() if callable(total) else value
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not number >= 0:
        raise TypeError(f"{what}({word}=…) takes seconds as a number from 0 up, or a timedelta, not {value!r}")
    if number >= 1e10:
        raise TypeError(f"{what}({word}=…) takes less than 1e10 seconds, which are 317 years, not {value!r}")
    return float(number)


def _some_seconds(what: str, word: str, value: "Any") -> "float | None":
    if value is None:
        return None
    seconds = _seconds(what, word, value)
    if seconds == 0:
        raise TypeError(f"{what}({word}=…) takes more than 0 seconds; leave it out for no limit")
    return seconds


def _count(what: str, word: str, value: "Any", most: int) -> "int | None":
    if value is not None and (type(value) is not int or not 0 <= value <= most):
        raise TypeError(f"{what}({word}=…) takes a whole number from 0 to {most}, not {value!r}")
    return value  # type: ignore[no-any-return]


def _pool(what: str, value: "Any") -> "str | None":
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise TypeError(f"{what}(pool=…) takes the name of a pool, not {value!r}")
    return value


def _environment(what: str, value: "Any") -> "Any":
    if value is None or isinstance(value, str) and value.strip():
        return value
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, str) and one.strip() for one in value):
        return list(value)
    raise TypeError(f'{what}(environment=…) takes the path of a requirements file in the project, or a list of requirements, not {value!r}')


def _image(what: str, value: "Any") -> "str | None":
    if value is None:
        return None
    import re  # what the agent takes, too: agent/src/executors/container.ts

    name = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
    known = rf"(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?/)?{name}(?:/{name})*(?::\w[\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
    if not isinstance(value, str) or len(value) > 500 or not re.fullmatch(known, value, re.ASCII):
        raise TypeError(f'{what}(image=…) takes the name of an image such as "registry.example.com/team/name:tag", not {value!r}')
    return value


def _share(what: str, word: str, value: "Any") -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise TypeError(f"{what}({word}=…) takes a share of the delay from 0 to 1, not {value!r}")
    return float(value)


def _amount(what: str, value: "Any") -> "float | None":
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 4096):
        raise TypeError(f"{what}(cpu=…) takes a number of cores such as 2 or 0.5, not {value!r}")
    return value  # type: ignore[no-any-return]


def _bytes(what: str, value: "Any") -> "int | None":
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
        unit = text[len(digits) :].strip().lower()
        try:
            size = float(digits) * _UNITS[unit]
            if 1 <= size < 2**60:
                return int(size)
        except (KeyError, ValueError):
            pass
    elif type(value) is int and 1 <= value < 2**60:
        return value
    raise TypeError(f'{what}(memory=…) takes a size such as "4 GiB" or "512 MB", or bytes as a whole number, not {value!r}')


def _delay(what: str, value: "Any") -> "Any":
    if value is None:
        return 0.0
    if isinstance(value, (list, tuple)):
        return [_seconds(what, f"retry_delay[{place}]", one) for place, one in enumerate(value)]
    return value if callable(value) else _seconds(what, "retry_delay", value)


def _retry_on(what: str, value: "Any") -> "Any":
    if isinstance(value, (list, tuple)) and value and all(isinstance(one, type) and issubclass(one, Exception) for one in value):
        return tuple(value)
    if isinstance(value, type):
        if issubclass(value, Exception):
            return (value,)
    elif value is None or callable(value):
        return value
    raise TypeError(f"{what}(retry_on=…) takes exception types, or a function of the exception that says whether to try again, not {value!r}")
