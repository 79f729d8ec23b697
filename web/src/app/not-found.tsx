"use client";
import { later } from "../ui/later.tsx";

// It comes along with the first load of every page, so that it is nothing but the way to what it shows.
const NoSuchPage = later(() => import("../ui/no-such-page.tsx").then((module) => module.default));

export default function NotFound() {
	return <NoSuchPage />;
}
