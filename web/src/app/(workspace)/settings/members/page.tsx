import { MembersPage } from "../../../../features/members/components/members-page.tsx";

export default function Members() {
	return <MembersPage />;
}
