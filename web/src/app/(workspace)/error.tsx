"use client";
import { later } from "../../ui/later.tsx";

// What a page that failed says is needed rarely: it is no part of what every page loads first.
const BrokenPage = later(() => import("../../ui/broken-page.tsx").then((module) => module.default));

export default function PageError({ error, reset }: { error: Error; reset(): void }) {
	return <BrokenPage error={error} again={reset} />;
}
