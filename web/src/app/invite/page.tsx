import type { Metadata } from "next";
import { InvitePage } from "../../features/members/components/invite-page.tsx";

export const metadata: Metadata = { title: "Invite · Tidegate", referrer: "no-referrer" };

export default function Invite() {
	return <InvitePage />;
}
