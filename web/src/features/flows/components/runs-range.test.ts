import { expect, test } from "vitest";
import { fromField, rangeOf, toField } from "./runs-range.ts";

const range = (query: string) => rangeOf(new URLSearchParams(query));

test("the address names a span before now, or instants, which win", () => {
	expect(range("within=24h")).toEqual({ within: 86_400 });
	expect(range("from=2026-11-25T10:00:00Z&within=1h")).toEqual({ from: "2026-11-25T10:00:00.000Z", to: undefined });
	expect(range("to=2026-11-25T10:00:00%2B02:00")).toEqual({ from: undefined, to: "2026-11-25T08:00:00.000Z" });
});

test("what the address made up is no filter", () => {
	for (const query of ["", "within=9y", "from=yesterday", "from=99999-01-01T00:00Z", "from=1950-01-01T00:00Z"])
		expect(range(query), query).toEqual({});
});

test("a field shows the viewer's own time and gives back the instant", () => {
	for (const iso of ["2026-11-25T10:07:00.000Z", "2026-07-01T23:59:00.000Z"]) expect(fromField(toField(iso))).toBe(iso);
	expect(toField(undefined)).toBe("");
	expect([fromField(""), fromField("2026-13-01T00:00")]).toEqual([null, null]);
});
