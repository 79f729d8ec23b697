import { expect, test } from "vitest";
import { forgetRates, limit, Rate } from "./rates.ts";

test("a bucket gives its burst at once, then its rate, and says how long to wait", () => {
	const rate = new Rate(2, 5);
	expect(Array.from({ length: 5 }, () => rate.take("a", 0))).toEqual([0, 0, 0, 0, 0]);
	expect(rate.take("a", 0)).toBe(0.5);
	expect(rate.take("a", 250)).toBeCloseTo(0.25);
	expect(rate.take("a", 500)).toBe(0);
	expect(rate.take("a", 500)).toBeGreaterThan(0);
});

test("one client's haste is not another's", () => {
	const rate = new Rate(1, 1);
	expect([rate.take("a", 0), rate.take("b", 0)]).toEqual([0, 0]);
	expect(rate.take("a", 0)).toBeGreaterThan(0);
});

test("many addresses fill no memory, and the one in use stays known among them", () => {
	const rate = new Rate(0.001, 2);
	rate.take("steady", 0);
	for (let i = 0; i < 30_000; i++) {
		rate.take(`stranger ${i}`, 0);
		if (i === 5_000) rate.take("steady", 0);
		if (i === 10_000) expect(rate.take("steady", 0)).toBeGreaterThan(0);
	}
	expect(rate.size).toBe(10_000);
});

test("a server that ends takes along what it counted", () => {
	for (let n = 0; n < 10; n += 1) limit("discovery", "ada");
	expect(() => limit("discovery", "ada")).toThrow("Too many requests");
	forgetRates();
	limit("discovery", "ada");
	forgetRates();
});
