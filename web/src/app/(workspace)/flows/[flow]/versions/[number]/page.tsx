import type { Metadata } from "next";
import { VersionPage } from "../../../../../../features/versions/components/version-page.tsx";

interface Props {
	params: Promise<{ flow: string; number: string }>;
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
	const { flow, number } = await params;
	return { title: `${decodeURIComponent(flow)} v${decodeURIComponent(number)} · Tidegate` };
}

export default async function Version({ params }: Props) {
	const { flow, number } = await params;
	return <VersionPage key={`${flow} ${number}`} flow={decodeURIComponent(flow)} number={Number(number)} />;
}
