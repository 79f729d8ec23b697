import type { Metadata } from "next";
import { RunFlowPage } from "../../../../../features/flows/components/form/run-flow-page.tsx";

interface Props {
	params: Promise<{ flow: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	return { title: `Run ${decodeURIComponent((await params).flow)} · Tidegate` };
}

export default async function RunFlow({ params }: Props) {
	return <RunFlowPage name={decodeURIComponent((await params).flow)} />;
}
