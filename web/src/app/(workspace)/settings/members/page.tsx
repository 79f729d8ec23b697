import type { Metadata } from "next";
import { MembersPage } from "../../../../features/members/components/members-page.tsx";

export const metadata: Metadata = { title: "Members · Tidegate" };

export default function Members() {
	return <MembersPage />;
}
