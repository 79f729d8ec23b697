import type { Metadata } from "next";
import { FlowPage } from "../../../../features/flows/components/flow-page.tsx";

interface Props {
	params: Promise<{ flow: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	return { title: `${decodeURIComponent((await params).flow)} · Tidegate` };
}

export default async function Flow({ params }: Props) {
	return <FlowPage name={decodeURIComponent((await params).flow)} />;
}
