import type { Metadata } from "next";
import { RunPage } from "../../../../features/runs/components/run-page.tsx";

export const metadata: Metadata = { title: "Run · Tidegate" };

export default async function Run({ params }: { params: Promise<{ run: string }> }) {
	const { run } = await params;
	// Each run has a page of its own, so that nothing of one is ever seen on another.
	return <RunPage key={run} id={run} />;
}
