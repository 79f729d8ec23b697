"use client";
import { later } from "../../ui/later.tsx";

// It comes along with the first load of every page of a workspace.
const NoSuchPage = later(() => import("../../ui/no-such-page.tsx").then((module) => module.default));

export default function NotFound() {
	return <NoSuchPage />;
}
