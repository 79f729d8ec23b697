import { expect, test } from "vitest";
import { type Drawn, expanded } from "./expansion.ts";

function element(localName: string, attributes: Record<string, string> = {}, children: Drawn[] = []): Drawn {
	return { id: attributes.id ?? "", localName, children, getAttribute: (name) => attributes[name] ?? null };
}
const use = (id: string, name = "href") => element("use", { [name]: `#${id}` });
const all = (root: Drawn): Drawn[] => [root, ...[...root.children].flatMap(all)];
const count = (root: Drawn): number => expanded(root, all(root));
const svg = (...children: Drawn[]) => element("svg", {}, children);

test("a drawing without references counts its elements, each once", () => {
	expect(count(svg(element("g", {}, [element("path"), element("path")]), element("a", { href: "#x" })))).toBe(5);
});

test("a kilobyte of references that nest comes to the billions that it draws, and is counted in no time", () => {
	const levels = Array.from({ length: 10 }, (_, level) =>
		element(
			"g",
			{ id: `l${level}` },
			level === 0 ? [element("path")] : Array.from({ length: 10 }, () => use(`l${level - 1}`, level % 2 ? "href" : "xlink:href")),
		),
	);
	const began = performance.now();
	expect(count(svg(...levels, use("l9")))).toBeGreaterThan(1e9);
	expect(performance.now() - began).toBeLessThan(1_000);
});

test("a circle of references ends, and so does one that refers to itself or to nothing", () => {
	expect(count(svg(element("g", { id: "a" }, [use("b")]), element("g", { id: "b" }, [use("a")])))).toBeLessThan(20);
	expect(count(svg(element("use", { id: "me", href: "#me" }), use("none"), element("use", { href: "https://x/#me" })))).toBe(4);
});

test("what nests deeper than can be counted is endless", () => {
	let deep = element("g");
	for (let level = 0; level < 200_000; level++) deep = element("g", {}, [deep]);
	expect(expanded(deep, [])).toBe(Number.POSITIVE_INFINITY);
});
