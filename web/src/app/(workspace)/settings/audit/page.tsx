import type { Metadata } from "next";
import { AuditPage } from "../../../../features/audit/components/audit-page.tsx";

export const metadata: Metadata = { title: "Audit log · Tidegate" };

export default function Audit() {
	return <AuditPage />;
}
