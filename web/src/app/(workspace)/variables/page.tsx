import type { Metadata } from "next";
import { SettingsPage } from "../../../features/settings/components/settings-page.tsx";

export const metadata: Metadata = { title: "Secrets and variables · Tidegate" };

export default function Variables() {
	return <SettingsPage />;
}
