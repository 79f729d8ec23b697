"use client";
/**
 * Chromium under a POSIX locale (LANG=C, common in containers) says its language is "en-US@posix", which is no language tag: Intl throws
 * at it. Libraries hand navigator.language to Intl while they load, so it is put right before they do.
 */
function usable(tag: string): boolean {
	try {
		return Boolean(new Intl.Locale(tag));
	} catch {
		return false;
	}
}

if (typeof navigator !== "undefined" && !usable(navigator.language)) {
	Object.defineProperty(navigator, "language", { value: "en", configurable: true });
}

export {};
