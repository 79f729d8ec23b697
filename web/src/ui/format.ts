/** Numbers, sizes and times for people. A thin space stands between number and unit and does not break. */
const THIN = "\u202f";

const unit = (n: number | string, name: string): string => `${n}${THIN}${name}`;

/** @param ms milliseconds. @param whole no fractions of seconds, for what counts up while it is read. */
export function duration(ms: number, whole = false): string {
	const positive = Math.max(0, ms);
	if (!whole && positive < 1_000) return unit(Math.round(positive), "ms");
	if (!whole && positive < 9_950) return unit((positive / 1_000).toFixed(1), "s");
	const seconds = whole ? Math.floor(positive / 1_000) : Math.round(positive / 1_000);
	if (seconds < 60) return unit(seconds, "s");
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${unit(minutes, "m")} ${unit(seconds % 60, "s")}`;
	const hours = Math.floor(minutes / 60);
	if (hours < 24) return `${unit(hours, "h")} ${unit(minutes % 60, "m")}`;
	return `${unit(Math.floor(hours / 24), "d")} ${unit(hours % 24, "h")}`;
}

/** @param ms milliseconds between then and now. */
export function ago(ms: number): string {
	const seconds = Math.floor(ms / 1_000);
	if (seconds < 5) return "just now";
	if (seconds < 60) return `${unit(seconds, "s")} ago`;
	if (seconds < 3_600) return `${unit(Math.floor(seconds / 60), "m")} ago`;
	if (seconds < 86_400) return `${unit(Math.floor(seconds / 3_600), "h")} ago`;
	return `${unit(Math.floor(seconds / 86_400), "d")} ago`;
}

// Made once: making one costs more than a hundred uses of it.
let exactly: Intl.DateTimeFormat | undefined;
let clockly: Intl.DateTimeFormat | undefined;

/** In the viewer's zone, with the zone named, for what must be exact. */
export function exact(iso: string): string {
	exactly ??= new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
	return exactly.format(new Date(iso));
}

/** The time of day to the millisecond, in the viewer's zone: 06:00:12.345. */
export function clock(iso: string): string {
	clockly ??= new Intl.DateTimeFormat("en-GB", {
		hour: "2-digit",
		minute: "2-digit",
		second: "2-digit",
		fractionalSecondDigits: 3,
		hourCycle: "h23",
	});
	return clockly.format(new Date(iso));
}

/** 12 345 with thin spaces from five digits on. */
export function count(n: number): string {
	const digits = String(Math.trunc(n));
	return digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, THIN);
}

export function size(bytes: number): string {
	if (bytes < 1024) return unit(bytes, "B");
	const names = ["KiB", "MiB", "GiB", "TiB"];
	let value = bytes / 1024;
	let at = 0;
	while (value >= 1023.95 && at < names.length - 1) {
		value /= 1024;
		at += 1;
	}
	return unit(value < 10 ? value.toFixed(1) : Math.round(value), names[at] as string);
}

/** "1 run", "2 runs". */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** The part of a run's id that tells runs apart: its random end. */
export const shortId = (id: string): string => id.slice(-8);

const HOUR_AND_MINUTE: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const DAY = 86_400_000;

/** A time to come as people say it, in the viewer's zone: 10:04 today, Thursday 09:00 within a week, else 3 Dec 09:00. @param now milliseconds since 1970 */
export function moment(iso: string, now: number): string {
	const at = new Date(iso);
	const time = at.toLocaleTimeString("en-GB", HOUR_AND_MINUTE);
	if (at.toDateString() === new Date(now).toDateString()) return time;
	const near = Math.abs(at.getTime() - now) < 6 * DAY;
	const sameYear = at.getFullYear() === new Date(now).getFullYear();
	const day = near
		? { weekday: "long" as const }
		: { day: "numeric" as const, month: "short" as const, ...(sameYear ? {} : { year: "numeric" as const }) };
	return `${at.toLocaleDateString("en-GB", day)} ${time}`;
}
