import type { Metadata } from "next";
import { ApprovalsPage } from "../../../features/runs/components/asks/approvals-page.tsx";

export const metadata: Metadata = { title: "Approvals · Tidegate" };

export default function Approvals() {
	return <ApprovalsPage />;
}
