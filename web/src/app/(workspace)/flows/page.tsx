import type { Metadata } from "next";
import { FlowsPage } from "../../../features/flows/components/flows-page.tsx";

export const metadata: Metadata = { title: "Flows · Tidegate" };

export default function Flows() {
	return <FlowsPage />;
}
