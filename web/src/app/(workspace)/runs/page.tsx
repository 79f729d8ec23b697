import type { Metadata } from "next";
import { RunsPage } from "../../../features/runs/components/runs-page.tsx";

export const metadata: Metadata = { title: "Runs · Tidegate" };

export default function Runs() {
	return <RunsPage />;
}
