import type { Metadata } from "next";
import { AgentsPage } from "../../../features/agents/components/agents-page.tsx";

export const metadata: Metadata = { title: "Agents · Tidegate" };

export default function Agents() {
	return <AgentsPage />;
}
