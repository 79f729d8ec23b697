import type { Metadata } from "next";
import { ComparePage } from "../../../../../../features/runs/components/compare/compare-page.tsx";

export const metadata: Metadata = { title: "Compare runs · Tidegate" };

export default async function Compare({ params }: { params: Promise<{ run: string; other: string }> }) {
	const { run, other } = await params;
	return <ComparePage key={`${run} ${other}`} id={run} other={other} />;
}
