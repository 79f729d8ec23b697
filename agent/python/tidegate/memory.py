"""What a run remembers: finished tasks and moments, so that a flow's body that runs again from the top does only what is new."""

from __future__ import annotations

from time import time

from .kept import NotStorable, code_digest, digest_of, restored, sha, stored
from .store import Store, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .tasks import Call


AGAIN = " (attempt "  # follows the key of what an earlier attempt of the flow had failed


class FailedBefore(Exception):
    """What a task failed with in an earlier process of this attempt of the flow: to be raised again, and told as it was."""

    def __init__(self, raised: Exception, error: dict, attempt: int) -> None:
        self.raised = raised
        self.error = error
        self.attempt = attempt


class Memory:
    """The checkpoints of a run and of those that it resumes. Raises StoreError when it is opened and where it can't be written."""

    def __init__(self, store: Store, info: dict, note: "Callable[[str, str, Any], None]") -> None:
        self.store = store
        self.run: str = info["run"]
        self.note = note  # (level, text, scope) → a log record
        self.refresh = bool(info.get("refresh"))
        self.attempt: int = info.get("attempt", 1)
        self.changed = "rerun"
        self._log = store.log(self.run)
        self._kept: "dict[str, dict]" = {}
        self._moments: "dict[str, dict]" = {}
        self._digests: "dict[str, tuple[int, str]]" = {}  # task key → its value's identity and digest
        self._code: "dict[int, tuple[Any, str]]" = {}
        self._failures: "dict[str, dict]" = {}  # of this process
        own = self._log.read(lambda count: self._damaged(self.run, count))
        resumes = info.get("resumes")
        self._first = bool(resumes and not own)  # of the processes that do this run
        if self._first and resumes:
            own = [{"resumes": resumes}, *[_mark(mark, resumes["run"]) for mark in info.get("marks") or () if mark["key"] != resumes.get("from")]]
            for record in own:
                self._log.append(record)
        self._take(self.run, own, set())

    def _damaged(self, run: str, count: int) -> None:
        self.note("warn", f"{count} checkpoints of run {run} are damaged and left out: those tasks run again", None)

    def _take(self, run: str, records: "list[dict]", seen: "set[str]") -> None:
        """Read what a run kept, after what the runs did that it resumes."""
        seen.add(run)
        for record in records:
            if "resumes" in record:
                line = record["resumes"]
                if line["run"] not in seen:
                    self._take(line["run"], self.store.log(line["run"]).read(lambda count: self._damaged(line["run"], count)), seen)
                self.changed = line.get("changed") or "rerun"
                if line.get("from"):
                    self._forget(line["from"], line["run"])
            elif "once" in record:
                self._moments[record["once"]] = record
            else:
                self._kept[record["key"]] = record
                if record.get("mark"):  # of a later asking, perhaps
                    self._kept.setdefault(record["key"].partition(AGAIN)[0], record)

    def _forget(self, key: str, run: str) -> None:
        """From a chosen task on, or a wait: what began before it stays, and the other items of its map."""
        told, key = key, key if key in self._kept or key in self._moments else key.partition(AGAIN)[0]
        chosen = self._kept.get(key) or self._moments.get(key)
        if chosen is None:
            return  # it never finished: nothing of it is kept
        group = key.rpartition("[")[0] if key.endswith("]") else None
        # Another run began when its id was chosen; its answer came later.
        asked = self._moments.get(f"{told}:{chosen.get('run')}", chosen)
        begun = chosen.get("began", asked["at"])
        for table in (self._kept, self._moments):
            for one, record in list(table.items()):
                same = group is not None and one.startswith(group + "[") and not one.startswith(key)
                if one.startswith(key + "/") or one == key or record.get("began", record["at"]) >= begun and not same:
                    del table[one]

    def _code_of(self, call: "Call") -> str:
        found = self._code.get(id(call.task.fn))
        if found is None:
            found = self._code[id(call.task.fn)] = (call.task.fn, code_digest(call.task.fn))
        return found[1]

    def _inputs(self, call: "Call", args: tuple, kwargs: dict, by_content: bool) -> "str | None":
        """A digest of the arguments; a task's own result counts by who made it. With ``by_content`` None where one has no digest."""
        parts = []
        named = [*enumerate(args), *sorted(kwargs.items())]
        for name, value in named:
            part = None if by_content else self._by_producer(call, value)
            if part is None:
                part = digest_of(value)
            if part is None:
                if by_content:
                    return None
                part = f"a {type(value).__qualname__}"
            parts.append(f"{name}={part}")
        return sha("\0".join(parts).encode("utf-8", "replace"))

    def _by_producer(self, call: "Call", value: "Any") -> "str | None":
        made = call.run.lineage._made.get(id(value))
        if made is not None and made[0] is value:
            whole = self._digests.get(made[1])
            if whole is not None and whole[0] == id(value):
                return f"{made[1]}:{whole[1]}"
        return None

    def knows(self, key: str) -> bool:
        """Whether something of a task is remembered, which may still not fit: what it then is, ``recall`` tells."""
        return key in self._kept or self._failure(key) in self._moments

    def recall(self, call: "Call", args: tuple, kwargs: dict) -> "tuple[Any, dict[str, Any]] | None":
        """The value that a call had before and the record's words for it, or None: then it runs. Raises StoreError, FailedBefore."""
        key, policy = call.base["key"], call.task.policy
        cache = None if policy is None else policy.cache
        if cache is False or call.loose:
            return None
        code, inputs = self._code_of(call), self._inputs(call, args, kwargs, False)
        call.digests = (code, inputs, round(time(), 6), self._cache_key(call, cache, code, args, kwargs) if cache else None)
        found = self._kept.get(key)
        if found is not None and self._fits(call, found, code, inputs):
            if found["state"] == "skipped":
                return None, {"state": "skipped", "from": {"run": found["run"], "cached": False}}
            if "unstored" in found:
                raise StoreError(
                    f"{key} succeeded in run {found['run']}, but its result can't be taken up: {found['unstored']}. Return data or a file in its place, "
                    f"say @task(cache=False) if it may run each time, or resume from {key}, which runs it again"
                )
            value = self._restored(call, found["value"], key)
            if value:
                self._digests[key] = (id(value[0]), found.get("digest", ""))
                return value[0], {"from": {"run": found["run"], "cached": False}}
        self._failed_before(key, code, inputs)
        return self._from_cache(call)

    def _fits(self, call: "Call", found: dict, code: str, inputs: "str | None") -> bool:
        if found.get("mark"):
            if self._first:
                self.note("info", f"was marked by hand on run {found['run']}, and is not run", call.scope)
            return True
        if found["code"] != code:
            if self.changed == "keep":
                return True
            self.note("info", f"runs again: its code is not what it was in run {found['run']}", call.scope)
            return False
        if found["inputs"] != inputs:
            self.note("info", f"runs again: its inputs are not what they were in run {found['run']}", call.scope)
            return False
        return True

    def _restored(self, call: "Call", value: dict, key: str) -> "tuple[Any] | None":
        try:
            return (restored(self.store, value),)
        except Exception as problem:
            self.note("warn", f"runs again: its result ({value.get('type')}) can't be read back: {type(problem).__name__}: {problem}", call.scope)
            return None

    def _cache_key(self, call: "Call", cache: "Any", code: str, args: tuple, kwargs: dict) -> "str | None":
        name = f"{call.task.__module__}.{call.task.__qualname__}"
        if cache is True:
            inputs = self._inputs(call, args, kwargs, True)
            if inputs is None:
                self.note("warn", "is not cached: an argument can't be compared. Give @task(cache=…) a function that makes the key of its arguments", call.scope)
                return None
            return sha(f"{name}\0{code}\0{inputs}".encode())
        key = cache(*args, **kwargs)
        digest = digest_of(key)
        if digest is None:
            raise TypeError(f"the cache key function of {call.task.__name__} returned a {type(key).__qualname__}; return text, numbers or lists of these")
        return sha(f"{name}\0own\0{digest}".encode())

    def _from_cache(self, call: "Call") -> "tuple[Any, dict[str, Any]] | None":
        name = call.digests[3]
        if name is None or self.refresh:
            return None
        found = self.store.get_cached(name)
        if found is None or found.get("for") is not None and found["at"] + found["for"] < time():
            return None
        value = self._restored(call, found["value"], call.base["key"])
        if value is None:
            return None
        self._write(call, found["value"], found.get("digest", ""), value[0], found["run"])
        return value[0], {"from": {"run": found["run"], "cached": True}}

    def _failure(self, key: str) -> str:
        """A failure counts in its own run, and there until the flow is tried again."""
        return f"{key}:failed:{self.run}:{self.attempt}"

    def _failed_before(self, key: str, code: str, inputs: "str | None") -> None:
        found = self.moment(self._failure(key))
        if found is not None and (found["code"], found["inputs"]) == (code, inputs):
            from pickle import loads

            raise FailedBefore(loads(found["raised"]), found["error"], found["attempt"])

    def keep_failure(self, call: "Call", raised: Exception, error: dict) -> None:
        """Remember what a call failed with: after a wait the flow's body, which went on from there, must find it as it was."""
        if call.digests is None:
            return
        from .portable import pickled

        kept = pickled(raised)
        if kept is None:
            self.note("info", f"failed with {type(raised).__qualname__}, which can't be kept: should the run wait and go on, it is done again", call.scope)
            return
        code, inputs = call.digests[:2]
        self._failures[self._failure(call.base["key"])] = {"code": code, "inputs": inputs, "attempt": call.base["attempt"], "error": error, "raised": kept}

    def suspends(self) -> None:
        """The process ends for a wait. Failures are kept by now, and not when they are met: of one that ends the flow, or of a process that died, nothing goes on from there."""
        for name, found in self._failures.items():
            try:
                self.once(name, lambda: found)
            except (NotStorable, StoreError):
                pass  # it is done again then

    def keep(self, call: "Call", value: "Any") -> None:
        """Remember a call's value. One that can't be stored is said, and fails a later run that would need it. Raises StoreError."""
        if call.digests is None:
            return
        key, policy = call.base["key"], call.task.policy
        try:
            kept, digest = stored(self.store, value)
        except NotStorable as problem:
            text = f"the result of {key} (a {type(value).__qualname__}) can't be stored: {problem}"
            self.note(
                "warn", f"{text}. A run that sleeps or is resumed after it will fail there. Return data or a file, or say @task(cache=False) if it may run again", call.scope
            )
            self._digests[key] = (id(value), f"{self.run}:{time()}")
            self._append(call, {"unstored": f"{text}"})
            return
        self._write(call, kept, digest, value, self.run)
        if call.digests[3] is not None:
            entry = {"run": self.run, "task": key, "at": round(time(), 6), "for": None if policy is None else policy.cache_for, "value": kept, "digest": digest}
            self.store.put_cached(call.digests[3], entry)

    def _write(self, call: "Call", kept: dict, digest: str, value: "Any", run: str) -> None:
        self._digests[call.base["key"]] = (id(value), digest)
        self._append(call, {"value": kept, "digest": digest}, run)

    def _append(self, call: "Call", more: dict, run: "str | None" = None) -> None:
        code, inputs, began, _ = call.digests
        at = round(time(), 6)
        self._log.append({"key": call.base["key"], "code": code, "inputs": inputs, "state": "succeeded", **more, "began": began, "at": at, "run": run or self.run})

    def once(self, key: str, make: "Callable[[], Any]") -> "Any":
        """The value that was made the first time. Raises NotStorable, StoreError."""
        found = self._moments.get(key)
        if found is not None:
            return restored(self.store, found["value"])
        value = make()
        found = {"once": key, "value": stored(self.store, value)[0], "at": round(time(), 6), "run": self.run}
        self._log.append(found)
        self._moments[key] = found
        return value

    def moment(self, key: str) -> "Any":
        """What ``once`` remembers, or None."""
        found = self._moments.get(key)
        return None if found is None else restored(self.store, found["value"])

    def drop(self, key: str) -> None:
        """What is remembered of a moment counts no more: it is another now."""
        self._moments.pop(key, None)

    def asked_as(self, key: str, failed: "Callable[[str], bool] | None") -> str:
        """The key by which a wait is told. What had ``failed`` before this attempt of the flow met it is asked anew, once, by a key of its own. Raises StoreError."""
        name = f"{key}:asked:{self.run}"
        told = self.moment(name) or {"attempt": 1, "key": key}
        if failed is not None and told["attempt"] < self.attempt:
            told = {"attempt": self.attempt, "key": f"{key}{AGAIN}{self.attempt})" if failed(told["key"]) else told["key"]}
            self.drop(name)
            self.once(name, lambda: told)
        return str(told["key"])

    def marked(self, key: str) -> "tuple[Any, str, str] | None":
        """The value that a person gave a wait by hand, its state, and the run that it was on."""
        found = self._kept.get(key)
        return (restored(self.store, found["value"]), found["state"], found["run"]) if found is not None and found.get("mark") else None

    def origin(self, key: str) -> str:
        """The run that remembered it."""
        return str(self._moments[key].get("run", self.run))

    def append(self, record: dict) -> None:
        """Keep a record that is neither a task's nor a moment's of the flow. Raises StoreError."""
        self._log.append(record)

    def sync(self) -> None:
        self._log.sync()


def _mark(mark: dict, run: str) -> dict:
    """A task that a person marked, as the checkpoint that it would have left."""
    from .encoding import dumps

    value = mark.get("value")
    kept = {"codec": "json", "data": value, "size": len(dumps(value)), "type": type(value).__name__}
    return {"key": mark["key"], "state": mark["state"], "value": kept, "digest": "mark:" + sha(dumps(value).encode("utf-8", "replace")), "at": round(time(), 6), "run": run, "mark": True}
