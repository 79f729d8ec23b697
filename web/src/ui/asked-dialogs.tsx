"use client";
import type { Asked } from "./asked.ts";
import { Sheet } from "./dialog.tsx";
import { KeyDialog } from "./key-dialog.tsx";
import { KeysDialog } from "./keys-dialog.tsx";
import { LeaveDialog } from "./leave-dialog.tsx";
import { Palette } from "./palette/palette.tsx";
import { ProfileDialog } from "./profile-dialog.tsx";
import { Sidebar } from "./sidebar.tsx";
import { WorkspaceDialog } from "./workspace-dialog.tsx";

/** One module for all of them, so that they and the library under them load when the first is opened. */
export default function AskedDialogs({ asked, close }: { asked: Asked; close(): void }) {
	if (asked === "key") return <KeyDialog close={close} />;
	if (asked === "keys") return <KeysDialog close={close} />;
	if (asked === "leave") return <LeaveDialog close={close} />;
	if (asked === "palette") return <Palette close={close} />;
	if (asked === "profile") return <ProfileDialog close={close} />;
	if (asked === "workspace") return <WorkspaceDialog close={close} />;
	if (asked === "menu") {
		return (
			<Sheet title="Menu" close={close}>
				<Sidebar />
			</Sheet>
		);
	}
	return null;
}
